/** Where in the user's code a topic was defined, read from a stack, so that errors about it can point there. */

const frame = /(?:\(|@|at )((?:[a-z]+:\/\/)?[^()@]*):(\d+):\d+\)?$/

/** `file:line` of the caller of the function that calls this; undefined where the engine gives no readable stack. */
export function definedAt(): string | undefined {
  const frames = (new Error().stack ?? '').split('\n').flatMap((line) => {
    const [, file, at] = frame.exec(line.trim()) ?? []
    return file === undefined || at === undefined ? [] : [`${file.replace(/^file:\/\//, '')}:${at}`]
  })
  // 0 is this function, 1 the factory, 2 the contract file.
  return frames[2]
}
