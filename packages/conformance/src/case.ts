/** A case of the suite, as data: what it proves, what it needs and how it is run. */

import type { Feature } from 'busbar/transport'
import type { Ability } from './harness.js'
import type { Scene } from './scene.js'

export interface Case {
  /** `chapter/what-is-proven`, stable: reports and lists of known failures refer to it. */
  readonly id: `${string}/${string}`
  /** One sentence, beginning with the code of the promise or fault. */
  readonly title: string
  /** The claim that this case would refute; `contract` for what every transport owes. */
  readonly proves: Feature | 'contract'
  /** Skipped unless the transport claims all of these, `proves` included. */
  readonly needs: readonly Feature[]
  /** Runs only where the transport says `none` to this feature. */
  readonly lacks?: Feature
  /** What the harness must be able to do to the wire. */
  readonly abilities?: readonly Ability[]
  run(scene: Scene): Promise<void>
}

/** Cases that break together: each deliberately broken transport fails in one chapter. */
export interface Chapter {
  readonly name: string
  readonly cases: readonly Case[]
}

/** A case as its chapter writes it down: the id lacks the chapter, what `proves` names is needed anyway. */
export type Draft = Omit<Case, 'id' | 'needs'> & {
  readonly name: string
  readonly needs?: readonly Feature[]
}

/** Makes a chapter of its cases. */
export function chapter(name: string, drafts: readonly Draft[]): Chapter {
  return {
    name,
    cases: drafts.map(({ name: what, needs = [], ...rest }) => ({
      ...rest,
      id: `${name}/${what}`,
      needs:
        rest.proves === 'contract' || rest.lacks !== undefined
          ? needs
          : [...new Set([rest.proves, ...needs])],
    })),
  }
}
