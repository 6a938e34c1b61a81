/** Path templates of a contract and the tokens that stand for their values in an address. */

import { BusError } from '../errors.js'

const token = /^\{([a-z][A-Za-z0-9]*)\}$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const escaped = /[\x00-\x20\x7f-\x9f.*%]/g

/** The parameter names of a template such as `{airline}.{flight}`; a string that says what is wrong otherwise. */
export function parsePath(template: string): readonly string[] | string {
  const params: string[] = []
  for (const part of template.split('.')) {
    const name = token.exec(part)?.[1]
    if (name === undefined) {
      return `must be parameters in braces joined by dots, such as '{airline}.{flight}', not ${JSON.stringify(template)}`
    }
    if (params.includes(name)) return `names {${name}} twice`
    params.push(name)
  }
  return Object.freeze(params)
}

/** One token of an address for any non-empty string: `.`, `*`, `%`, spaces and control characters are percent-encoded. */
export function escapeToken(value: string): string {
  // The one-byte characters keep to the form encodeURIComponent has, which leaves `.` and `*` alone.
  return value.replace(escaped, (char) =>
    char === '.' ? '%2E' : char === '*' ? '%2A' : encodeURIComponent(char),
  )
}

/** The value a token stands for. */
export function unescapeToken(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new BusError('INVALID_TOPIC', `Token ${JSON.stringify(text)} is not valid percent-encoded UTF-8.`, {
      cause,
    })
  }
}
