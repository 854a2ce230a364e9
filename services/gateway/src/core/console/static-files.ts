/** The port to what the console is built of. */
export interface StaticFiles {
  /** By its path below the folder, with slashes: `assets/index-DKdI2x_a.js`. Undefined for what is not there. */
  find(path: string): Promise<StaticFile | undefined>
}

export interface StaticFile {
  bytes: Buffer
  type: string
  etag: string
  /** Its name changes with its contents: it may be kept for good. */
  immutable: boolean
  /** The same bytes, compressed, where that is worth it. */
  brotli?: Buffer
  gzip?: Buffer
}
