/** What the daemon answered when it did not do it, or that it could not be asked. */
export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, detail: string) {
    super(detail || title);
  }
}
