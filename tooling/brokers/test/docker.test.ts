/** The way by Docker, decided without an engine: what the client is asked for, in which order, and what is left at the end. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { brokerNames, startBroker } from '../index.mjs'

/** Writes down what it is asked, knows one image once it was pulled, and runs a container as a process that sleeps. */
const client = `#!/bin/sh
home=$(dirname "$0")
printf '%s\\n' "$*" >> "$home/asked"
case $1 in
  version) echo 28 ;;
  image) [ -e "$home/pulled" ] ;;
  pull) [ ! -e "$home/offline" ] || { echo 'no route to the registry' >&2; exit 1; }
    touch "$home/pulled" ;;
  run) shift; while [ "$1" != --name ]; do shift; done
    [ ! -e "$home/slow" ] || { echo $$ > "$home/client"; exec sleep 1000; }
    echo $$ > "$home/$2"
    echo 'Server is ready, Ready to accept connections, Server startup complete, Kafka Server started'
    exec sleep 1000 ;;
  rm) [ ! -e "$home/$3" ] || kill -s KILL "$(cat "$home/$3")" ;;
  exec) cat ;;
esac
`
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'busbar-docker-'))
  writeFileSync(join(home, 'docker'), client)
  chmodSync(join(home, 'docker'), 0o755)
  vi.stubEnv('PATH', `${home}${delimiter}${process.env.PATH}`)
  vi.stubEnv('BUSBAR_BROKERS_FROM', 'docker')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const asked = (verb: string): string[] =>
  readFileSync(join(home, 'asked'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${verb} `))
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const withImage = brokerNames.filter((name) => name !== 'artemis' && name !== 'sqs')

test.each(withImage)(
  '%s: pulled once, published on loopback, run as whoever starts it, and gone at the end',
  async (name) => {
    const server = await startBroker(name, { env: { EXTRA: 'yes' } })
    const { port, pid } = server
    const { uid, gid } = userInfo()
    expect(server.from).toBe('docker')
    expect(asked('run')[0]).toContain(`run --rm --init --name busbar-${name}-${port}-`)
    expect(asked('run')[0]).toContain(
      ` --publish 127.0.0.1:${port}:${port} --user ${uid}:${gid} --volume ${server.dir}:/data `,
    )
    expect(asked('run')[0]).toContain(' --env EXTRA=yes ')
    expect(await server.exec('tool', ['--flag'], 'input')).toBe('input')
    expect(asked('exec')[0]).toMatch(new RegExp(`^exec --interactive busbar-${name}-\\S+ tool --flag$`))
    await server.restart()
    expect(asked('pull')).toHaveLength(1)
    const names = asked('run').map((line) => /--name (\S+)/.exec(line)?.[1])
    expect(new Set(names).size).toBe(2)
    expect(isAlive(pid)).toBe(false)
    await server.close()
    expect(asked('rm').at(-1)).toBe(`rm --force ${names[1]}`)
    expect([isAlive(server.pid), existsSync(server.dir)]).toEqual([false, false])
  },
)

test('configuration names places inside the container, and listens where the published port leads', async () => {
  const wanted = {
    nats: ['nats.conf', /listen: "0\.0\.0\.0:\d+"\njetstream \{ store_dir: "\/data\/data" \}\nmine \/data\n/],
    redis: ['redis.conf', /bind 0\.0\.0\.0\nport \d+\ndir \/data\n[\s\S]*mine \/data\n/],
    rabbitmq: ['rabbitmq.conf', /listeners\.tcp\.1 = 0\.0\.0\.0:\d+\n[\s\S]*mine \/data\n/],
    kafka: [
      'kafka.properties',
      /listeners=PLAINTEXT:\/\/0\.0\.0\.0:(\d+),[\s\S]*advertised\.listeners=PLAINTEXT:\/\/127\.0\.0\.1:\1\n[\s\S]*mine \/data\n/,
    ],
  } as const
  for (const [name, [file, text]] of Object.entries(wanted)) {
    await using server = await startBroker(name as keyof typeof wanted, { config: 'mine {dir}' })
    expect(readFileSync(join(server.dir, file), 'utf8')).toMatch(text)
    expect(server.url).toContain(`127.0.0.1:${server.port}`)
  }
})

test('an image that cannot be had is named, and no container is asked for', async () => {
  writeFileSync(join(home, 'offline'), '')
  await expect(startBroker('nats')).rejects.toThrow(
    /^docker could not pull nats:\S+: no route to the registry$/,
  )
  expect(asked('run')).toEqual([])
})

test('a client that has not made its container in time is ended before the container is removed', async () => {
  writeFileSync(join(home, 'slow'), '')
  await expect(startBroker('nats', { timeout: 2_000 })).rejects.toThrow(/^nats was not ready after 2000 ms/)
  const name = /--name (\S+)/.exec(asked('run')[0] ?? '')?.[1] ?? ''
  expect(asked('rm')).toContain(`rm --force ${name}`)
  expect(isAlive(Number(readFileSync(join(home, 'client'), 'utf8')))).toBe(false)
})
