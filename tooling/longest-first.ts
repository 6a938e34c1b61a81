/** Begins with the test files that take minutes, so that they run beside all the others and not alone at the end. */
import { BaseSequencer, type TestSequencerConstructor, type TestSpecification } from 'vitest/node'

/** `longest` names parts of their paths, the longest first. */
export function longestFirst(longest: readonly string[]): TestSequencerConstructor {
  const rank = ({ moduleId }: TestSpecification): number => {
    const place = longest.findIndex((name) => moduleId.includes(name))
    return place < 0 ? longest.length : place
  }
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return [...files].sort((a, b) => rank(a) - rank(b))
    }
  }
}
