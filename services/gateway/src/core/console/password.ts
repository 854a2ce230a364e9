import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

import { AppError } from '@signalbox/errors'

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
export const ARGON2_PARAMETERS = { memory: 19_456, passes: 2, parallelism: 1 } as const

const TAG_BYTES = 32
const SALT_BYTES = 16

/** Each takes 19 MiB and one of libuv's four threads, which files and DNS need too. */
const AT_ONCE = 2
const WAITING = 32

export interface Passwords {
  /** A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`. */
  hash(password: string): Promise<string>
  /** Takes as long for a user who has none (`null`). `stale`: it was made with other parameters than we use by now, and should be made anew. */
  verify(password: string, phc: string | null): Promise<{ right: boolean; stale: boolean }>
}

/** @throws AppError `rate_limited` where too many wait already. */
export function createPasswords(parameters: Argon2 = ARGON2_PARAMETERS): Passwords {
  const inTurn = createTurns(AT_ONCE, WAITING)
  // What nobody's password is made into, so that an unknown name takes as long as a known one.
  const decoy: Parsed = { ...parameters, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) }
  return {
    hash: (password) =>
      inTurn(async () => {
        const salt = randomBytes(SALT_BYTES)
        return toPhc({ ...parameters, salt, tag: await derive(password, { ...parameters, salt, tagLength: TAG_BYTES }) })
      }),
    verify: (password, phc) =>
      inTurn(async () => {
        const known = phc === null ? undefined : readPhc(phc)
        const { salt, tag, ...wanted } = known ?? decoy
        const derived = await derive(password, { ...wanted, salt, tagLength: tag.length })
        const right = timingSafeEqual(derived, tag) && known !== undefined
        return { right, stale: right && !isSame(wanted, parameters) }
      }),
  }
}

/** For those who set none: 24 signs of 32, which is 120 bits, without those that look alike. */
export function createPassword(): string {
  const signs = Array.from({ length: 24 }, () => SIGNS[randomInt(SIGNS.length)])
  return [0, 6, 12, 18].map((from) => signs.slice(from, from + 6).join('')).join('-')
}

const SIGNS = 'abcdefghjkmnpqrstuvwxyz23456789Z'

interface Argon2 {
  /** KiB. */
  memory: number
  passes: number
  parallelism: number
}

type Parsed = Argon2 & { salt: Buffer; tag: Buffer }

function derive(password: string, { salt, ...parameters }: Argon2 & { salt: Buffer; tagLength: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same letters can be typed as different bytes: NFKC, as NIST SP 800-63B wants it.
    argon2('argon2id', { message: password.normalize('NFKC'), nonce: salt, ...parameters }, (error, tag) => (error ? reject(error) : resolve(tag)))
  })
}

/** https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md: base 64 without padding. */
function toPhc({ memory, passes, parallelism, salt, tag }: Parsed): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${toBase64(salt)}$${toBase64(tag)}`
}

function readPhc(text: string): Parsed | undefined {
  const [, memory, passes, parallelism, salt = '', tag = ''] =
    /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,4})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{16,})$/.exec(text) ?? []
  if (memory === undefined) return undefined
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

function isSame(one: Argon2, other: Argon2): boolean {
  return one.memory === other.memory && one.passes === other.passes && one.parallelism === other.parallelism
}

/** Runs what it is given, a few at once; the others wait, and no more of them than `waiting`. */
function createTurns(atOnce: number, waiting: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0
  const queue: (() => void)[] = []
  return async (work) => {
    if (running >= atOnce) {
      if (queue.length >= waiting)
        throw new AppError('rate_limited', 'Too many people are signing in just now. Try again in a moment.', { retryAfterMs: 2_000 })
      await new Promise<void>((resolve) => queue.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = queue.shift()
      // Whoever comes next takes this one's place, so that the count stays.
      if (next) next()
      else running--
    }
  }
}
