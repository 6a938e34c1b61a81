/** Who may import whom: every arrow points at the bus. Each rule has a fixture that it must flag. */

const unit = '^(packages/[^/]+|apps/airport/[^/]+|apps/(?!airport/)[^/]+)/'
const entry = '/src/(index|testing|transport-authors|vitest|proxy)\\.ts$'

/** @typedef {import('dependency-cruiser').IRegularForbiddenRuleType} Rule */

/** @type {(name: string, comment: string, from: Rule['from'], to: Rule['to']) => Rule} */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

export const rules = [
  forbid(
    'no-cycles',
    'A file that needs itself cannot be read top to bottom. Types that name each other vanish when compiled.',
    {},
    { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  ),
  forbid('no-unresolvable', 'An import must lead somewhere.', {}, { couldNotResolve: true }),
  forbid(
    'bus-imports-nothing-of-ours',
    'Every arrow points at the bus.',
    { path: '^packages/bus/src/' },
    { path: '^(packages|apps)/', pathNot: '^packages/bus/' },
  ),
  forbid(
    'bus-has-few-dependencies',
    'The bus brings two small packages along and no client of a broker.',
    { path: '^packages/bus/src/' },
    { path: '(^|/)node_modules/', pathNot: '/node_modules/(eventemitter3|@standard-schema/spec)/' },
  ),
  forbid(
    'browser-code-has-no-node-builtins',
    'The bus and the protocol run in browsers.',
    { path: '^packages/(bus|protocol)/src/' },
    { dependencyTypes: ['core'] },
  ),
  forbid(
    'protocol-imports-bus-only',
    'The protocol is pure.',
    { path: '^packages/protocol/src/' },
    { path: '^packages/', pathNot: '^packages/(bus|protocol)/' },
  ),
  forbid(
    'transports-never-meet',
    'A transport knows the bus, its own client, and the protocol of the hub or the kit of adapters; stores know the inbox too.',
    { path: '^packages/([^/]+)/src/', pathNot: '^packages/(bus|protocol|conformance|connect|hub)/' },
    { path: '^packages/', pathNot: '^packages/(bus|protocol|inbox|adapter|$1)/' },
  ),
  forbid(
    'hub-knows-no-transport',
    'The hub knows the bus, the protocol, and the store that it opens.',
    { path: '^packages/hub/src/' },
    { path: '^packages/', pathNot: '^packages/(bus|protocol|store|hub)/' },
  ),
  forbid(
    'conformance-imports-bus-only',
    'The suite knows no transport.',
    { path: '^packages/conformance/src/' },
    { path: '^packages/', pathNot: '^packages/(bus|conformance)/' },
  ),
  forbid(
    'conformance-runs-without-vitest',
    'Cases are data; only one file knows the test runner.',
    { path: '^packages/conformance/src/', pathNot: '^packages/conformance/src/vitest\\.ts$' },
    { path: '(^|/)node_modules/(vitest|@vitest/[^/]+)/' },
  ),
  forbid(
    'connect-loads-wires-on-demand',
    'A program pays only for the wire that its URL names.',
    { path: '^packages/connect/src/' },
    {
      path: '^packages/',
      pathNot: '^packages/(bus|connect)/',
      dynamic: false,
      dependencyTypesNot: ['type-only'],
    },
  ),
  forbid('packages-never-import-apps', 'Apps use packages.', { path: '^packages/' }, { path: '^apps/' }),
  forbid(
    'services-know-no-transport',
    'A service imports contracts and the bus; only main and launch files choose a wire.',
    { path: '^apps/airport/', pathNot: ['^apps/airport/control/', '/(main|launch[^/]*)\\.ts$', '/test/'] },
    { path: '^packages/', pathNot: '^packages/bus/' },
  ),
  forbid(
    'apps-never-import-apps',
    'Services meet on the bus; only the launcher knows them all.',
    { path: '^(apps/airport/[^/]+|apps/(?!airport/)[^/]+)/', pathNot: '^apps/airport/control/' },
    { path: '^apps/', pathNot: ['^$1/', '^apps/airport/contracts/'] },
  ),
  forbid(
    'no-deep-imports',
    'What a package does not export is its own business.',
    { path: unit },
    { path: '^(packages|apps)/', pathNot: ['^$1/', entry] },
  ),
  forbid(
    'source-never-imports-tests',
    'Tests are not shipped.',
    { path: '^(packages|apps)/.+/src/' },
    { path: '^(packages|apps)/.+/test/' },
  ),
]
