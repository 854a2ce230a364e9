/** The few messages of Postgres' wire protocol that the gate makes and reads itself. Source: PostgreSQL documentation, "Frontend/Backend Protocol", message formats. */

export const SSL_REQUEST = 80_877_103
export const GSS_REQUEST = 80_877_104
export const CANCEL_REQUEST = 80_877_102
export const PROTOCOL_3 = 196_608

/** Idle, in a transaction, or in one that failed. */
export type TransactionStatus = 'I' | 'T' | 'E'

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf8')
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export const askForPassword = (): Buffer => message('R', int32(3))

const PARAMETERS = {
  server_version: '18.0',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  integer_datetimes: 'on',
  standard_conforming_strings: 'on',
}

/** What a server says after it has let somebody in. */
export function welcome(): Buffer {
  const parameters = Object.entries(PARAMETERS).map(([name, value]) => message('S', Buffer.concat([cString(name), cString(value)])))
  return Buffer.concat([message('R', int32(0)), ...parameters, message('K', Buffer.concat([int32(process.pid), int32(0)])), message('Z', Buffer.from('I'))])
}

export function errorResponse(code: string, words: string, severity = 'ERROR'): Buffer {
  return message('E', Buffer.concat([cString(`S${severity}`), cString(`V${severity}`), cString(`C${code}`), cString(`M${words}`), Buffer.from([0])]))
}

export function readyForQuery(status: TransactionStatus): Buffer {
  return message('Z', Buffer.from(status))
}

/** Whether a Query or Parse message asks to copy from the client. */
export function asksForCopyIn(type: string, bytes: Buffer): boolean {
  if (type !== 'Q' && type !== 'P') return false
  return /\bcopy\b[\s\S]{0,2000}\bfrom\s+stdin\b/i.test(bytes.toString('utf8', 5, Math.min(bytes.length, 4_000)))
}

/** Sync: the end of what a client has to say at once. */
export const endOfBatch = (): Buffer => message('S', Buffer.alloc(0))

/** A simple query, as a client would send it. */
export function simpleQuery(sql: string): Buffer {
  return message('Q', cString(sql))
}

/** The transaction status of the last ReadyForQuery in a response: `I` idle, `T` in a transaction, `E` in a failed one. Undefined where there is none. */
export function readyStatus(response: Uint8Array): TransactionStatus | undefined {
  const buffer = Buffer.from(response.buffer, response.byteOffset, response.byteLength)
  let status: TransactionStatus | undefined
  for (let at = 0; at + 5 <= buffer.length; at += 1 + buffer.readInt32BE(at + 1)) {
    if (buffer[at] === 0x5a) status = String.fromCharCode(buffer[at + 5] as number) as TransactionStatus
  }
  return status
}

/** A password message's password. */
export function readPassword(bytes: Buffer): string {
  return bytes.subarray(5, -1).toString('utf8')
}
