// Runs ActiveMQ Artemis inside one process: java Artemis.java BROKER_XML [USER PASSWORD ROLE]...
import java.nio.file.Path;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;

class Artemis {
  public static void main(String[] args) throws Exception {
    var users = new SecurityConfiguration();
    for (int i = 1; i + 2 < args.length; i += 3) {
      users.addUser(args[i], args[i + 1]);
      users.addRole(args[i], args[i + 2]);
    }
    var server = new EmbeddedActiveMQ();
    server.setConfigResourcePath(Path.of(args[0]).toUri().toString());
    server.setSecurityManager(new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), users));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server)));
    server.start();
    if (!server.getActiveMQServer().isActive()) System.exit(1);
    System.out.println("Artemis accepts clients");
  }

  private static void stop(EmbeddedActiveMQ server) {
    try {
      server.stop();
    } catch (Exception failure) {
      failure.printStackTrace();
    }
  }
}
