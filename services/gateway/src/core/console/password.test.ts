import { argon2Sync } from 'node:crypto'

import { expect, test } from 'vitest'

import { ARGON2_PARAMETERS, createPassword, createPasswords } from './password.ts'

const CHEAP = { memory: 64, passes: 1, parallelism: 1 }
const passwords = createPasswords(CHEAP)

test('what is kept is argon2id with OWASP’s parameters, as a PHC string with a salt of its own', async () => {
  expect(ARGON2_PARAMETERS).toEqual({ memory: 19 * 1_024, passes: 2, parallelism: 1 })
  const kept = await createPasswords().hash('correct horse')
  const [, salt = '', tag = ''] = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$([\w+/]{22})\$([\w+/]{43})$/.exec(kept) ?? []
  const again = argon2Sync('argon2id', { message: 'correct horse', nonce: Buffer.from(salt, 'base64'), ...ARGON2_PARAMETERS, tagLength: 32 })
  expect(again.toString('base64').replace('=', '')).toBe(tag)
  expect(await createPasswords().hash('correct horse')).not.toBe(kept)
})

test('the right password is right, and no other', async () => {
  const kept = await passwords.hash('correct horse')
  expect(await passwords.verify('correct horse', kept)).toEqual({ right: true, stale: false })
  for (const wrong of ['correct Horse', 'correct horse ', '', 'correct']) expect((await passwords.verify(wrong, kept)).right).toBe(false)
})

test('the same letters are the same password, however a keyboard makes them', async () => {
  const kept = await passwords.hash('pass\u0077ort\u00e4')
  expect((await passwords.verify('passworta\u0308', kept)).right).toBe(true)
})

test('one of other parameters is still right, and stale', async () => {
  const old = await createPasswords({ ...CHEAP, passes: 2 }).hash('correct horse')
  expect(await passwords.verify('correct horse', old)).toEqual({ right: true, stale: true })
  expect(await passwords.verify('wrong', old)).toEqual({ right: false, stale: false })
})

test.each([null, '', 'plain', '$argon2id$v=19$m=64,t=1,p=1$x$y', '$2b$10$abcdefghijklmnopqrstuv'])('no password is right for %j', async (kept) => {
  expect((await passwords.verify('plain', kept)).right).toBe(false)
})

test('a user without a password takes as long as one with', async () => {
  const slow = createPasswords({ memory: 8_192, passes: 4, parallelism: 1 })
  const kept = await slow.hash('correct horse')
  const took = async (phc: string | null): Promise<number> => {
    const times: number[] = []
    for (let turn = 0; turn < 9; turn++) {
      const began = performance.now()
      await slow.verify('wrong', phc)
      times.push(performance.now() - began)
    }
    return times.toSorted((one, other) => one - other)[4] ?? 0
  }
  const [known, unknown] = [await took(kept), await took(null)]
  expect(unknown / known).toBeGreaterThan(0.5)
  expect(unknown / known).toBeLessThan(2)
})

test('a crowd waits in line, and beyond that is told to come again', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.verify('x', null)))
  const refused = tries.filter((each) => each.status === 'rejected')
  expect(refused).toHaveLength(60 - 34)
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'rate_limited' })
  await passwords.verify('x', null)
})

test('a password that is made can be read aloud, and not guessed', () => {
  const made = new Set(Array.from({ length: 100 }, createPassword))
  expect(made.size).toBe(100)
  for (const password of made) expect(password).toMatch(/^[a-z2-9Z]{6}(?:-[a-z2-9Z]{6}){3}$/)
})
