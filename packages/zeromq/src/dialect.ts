/** How attributes are spelled where nothing else is prescribed: as in HTTP and NATS. */

import { HeaderDialect } from '@busbar/adapter'

export const dialect = new HeaderDialect({ prefix: 'ce-' })
