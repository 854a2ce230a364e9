import { createHmac, randomBytes } from 'node:crypto'

/** Stands for the address that somebody came from. */
export type AddressMark = (address: string | undefined) => string | undefined

const LENGTH = 16

/**
 * Marks that tell two addresses apart and tell nobody where they are: a keyed hash. They stay the same over
 * restarts, and on every replica, where there is a secret that does.
 */
export function createAddressMark(secret: string | undefined): AddressMark {
  const key = createHmac('sha256', secret ?? randomBytes(32))
    .update('signalbox addresses')
    .digest()
  return (address) => {
    if (address === undefined || address === '') return undefined
    // A server that listens on both families sees IPv4 as a part of IPv6.
    const plain = address.replace(/^::ffff:/, '')
    return createHmac('sha256', key).update(plain).digest('hex').slice(0, LENGTH)
  }
}
