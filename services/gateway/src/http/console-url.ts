export interface ConsoleUrlOptions {
  /** Where the console is, as the operator says. */
  consoleUrl: string | undefined
  /** Where the gateway is, as the operator says. */
  publicUrl: string | undefined
  /** The address that the gateway listens on. */
  host: string
}

/** Where people reach the console. Where nobody has said so, by the port on which this caller came. */
export type ConsoleUrl = (incoming: { socket: { localPort?: number | undefined } }) => string

/** The request's own `Host` is not asked: a link that people follow must not lead where a caller says. */
export function createConsoleUrl({ consoleUrl, publicUrl, host }: ConsoleUrlOptions): ConsoleUrl {
  const configured = consoleUrl ?? (publicUrl === undefined ? undefined : `${publicUrl}/console`)
  if (configured !== undefined) return () => configured
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return ({ socket }) => `http://${name}:${socket.localPort ?? 80}/console`
}

/** Where one approval is decided. */
export function toApprovalUrl(consoleUrl: string, id: string): string {
  return `${consoleUrl}/approvals/${encodeURIComponent(id)}`
}
