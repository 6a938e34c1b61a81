/** Whatever takes SQL: a client or a pool of pg. */

/** For statements that stand alone. */
export interface Queryable {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{
    readonly rows: readonly Readonly<Record<string, unknown>>[]
    readonly rowCount: number | null
  }>
}
