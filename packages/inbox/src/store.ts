/** What an inbox needs of a store: one operation, which is one transaction. */

/** Remembers which messages had their effect. `Tx` is the handle of its transactions that effects write with. */
export interface InboxStore<Tx> {
  /**
   * Runs `effect` and marks (scope, id), both in one transaction, unless the mark is there already. Gives true when
   * the effect was committed, false when it had been before. When the effect throws neither its writes nor the mark
   * stay, and its error is passed on. Calls with the same scope and id run one after the other, whoever makes them: the
   * second learns what became of the first. Scopes and ids are strings of 1 to 512 bytes without control characters.
   */
  run(scope: string, id: string, effect: (tx: Tx) => Promise<void>): Promise<boolean>
}
