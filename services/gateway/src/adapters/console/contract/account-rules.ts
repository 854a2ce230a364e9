import { randomUUID } from 'node:crypto'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { AccountStore, SignInSession } from '../../../core/console/account-store.ts'
import { createUser } from '../../../core/console/manage-users.ts'
import type { User } from '../../../core/console/user.ts'

/** An empty place for accounts, on which several may open a store. */
export interface Place {
  open(): Promise<AccountStore>
  dispose(): Promise<void>
}

/** What every account store keeps to. */
export function describeAccountStore(name: string, openPlace: () => Promise<Place>): void {
  describe(name, () => {
    let place: Place
    let stores: AccountStore[]
    let store: AccountStore

    beforeEach(async () => {
      place = await openPlace()
      stores = [await place.open(), await place.open()]
      store = stores[0] as AccountStore
    })

    afterEach(async () => {
      await Promise.all(stores.map((each) => each.close()))
      await place.dispose()
    })

    const other = (): AccountStore => stores[1] as AccountStore

    test('who was added is found by id and by subject, by everybody on the same place', async () => {
      const user = userOf('ann', { subject: 'https://issuer 1', groups: ['a b'] })
      await store.add(user)
      expect(await other().find('user:ann')).toEqual(user)
      expect(await other().findSubject('https://issuer 1')).toEqual(user)
      expect(await store.find('user:bob')).toBeUndefined()
      expect(await store.findSubject('https://issuer 2')).toBeUndefined()
    })

    test('all of them are listed, by name', async () => {
      for (const name of ['carl', 'ann', 'bob']) await store.add(userOf(name))
      expect((await other().list()).map((user) => user.name)).toEqual(['ann', 'bob', 'carl'])
    })

    test('a name belongs to one user, and so does a subject', async () => {
      await store.add(userOf('ann', { subject: 's' }))
      await expect(other().add(userOf('ann', { role: 'admin' }))).rejects.toMatchObject({ code: 'conflict' })
      await expect(other().add(userOf('bob', { subject: 's' }))).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.list()).toMatchObject([{ name: 'ann', role: 'viewer' }])
      expect(await store.findSubject('s')).toMatchObject({ name: 'ann' })
    })

    test('of many who add the same name at once, one does', async () => {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => (index % 2 ? store : other()).add(userOf('ann', { role: 'admin' }))))
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await store.list()).toHaveLength(1)
    })

    test('a change is made by who has seen the user as it is, and makes a version', async () => {
      await store.add(userOf('ann'))
      const ann = (await store.find('user:ann')) as User
      const changed = await store.change({ ...ann, role: 'operator', password: 'x' }, 1)
      expect(changed).toEqual({ ...ann, role: 'operator', password: 'x', version: 2 })
      expect(await other().find('user:ann')).toEqual(changed)
      await expect(other().change({ ...ann, disabled: true }, 1)).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.find('user:ann')).toEqual(changed)
    })

    test('of two who change at once, one is too late', async () => {
      await store.add(userOf('ann'))
      const ann = (await store.find('user:ann')) as User
      const tries = await Promise.allSettled([store.change({ ...ann, role: 'operator' }, 1), other().change({ ...ann, role: 'approver' }, 1)])
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    test('name and subject stay what they are', async () => {
      await store.add(userOf('ann', { subject: 's' }))
      const ann = (await store.find('user:ann')) as User
      expect(await store.change({ ...ann, name: 'bob', subject: 't' }, 1)).toMatchObject({ name: 'ann', subject: 's' })
      expect(await store.findSubject('t')).toBeUndefined()
    })

    test('who is not there is neither changed nor removed', async () => {
      await expect(store.change(userOf('ann'), 1)).rejects.toMatchObject({ code: 'not_found' })
      await expect(store.remove('user:ann')).rejects.toMatchObject({ code: 'not_found' })
    })

    test('who was removed is gone, and may come again', async () => {
      await store.add(userOf('ann', { subject: 's' }))
      await store.remove('user:ann')
      expect(await other().find('user:ann')).toBeUndefined()
      expect(await other().findSubject('s')).toBeUndefined()
      await other().add(userOf('ann', { subject: 's' }))
    })

    test('the id of somebody who was removed is no other subject’s, and an admin may give it to whom they like', async () => {
      for (const name of ['ann', 'bob']) await store.add(userOf(name, { subject: name === 'ann' ? 's' : null }))
      for (const id of ['user:ann', 'user:bob']) await store.remove(id)
      for (const name of ['ann', 'bob']) await expect(other().add(userOf(name, { subject: 't' }))).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.findSubject('t')).toBeUndefined()
      await other().add(userOf('ann', { subject: 's' }))
      await other().remove('user:ann')
      await other().add(userOf('ann', { password: 'x' }))
      await store.remove('user:ann')
      await expect(other().add(userOf('ann', { subject: 's' }))).rejects.toMatchObject({ code: 'conflict' })
    })

    test('the last admin who can sign in is neither removed nor disabled nor made less', async () => {
      await store.add(userOf('ann', { role: 'admin' }))
      await store.add(userOf('bob', { role: 'admin', disabled: true }))
      const ann = (await store.find('user:ann')) as User
      await expect(store.remove('user:ann')).rejects.toMatchObject({ code: 'conflict' })
      await expect(store.change({ ...ann, disabled: true }, 1)).rejects.toMatchObject({ code: 'conflict' })
      await expect(store.change({ ...ann, role: 'operator' }, 1)).rejects.toMatchObject({ code: 'conflict' })
      expect(await store.find('user:ann')).toEqual(ann)
      const bob = (await store.find('user:bob')) as User
      await store.change({ ...bob, disabled: false }, 1)
      await other().remove('user:ann')
      await expect(store.remove('user:bob')).rejects.toMatchObject({ code: 'conflict' })
    })

    test('of two admins who remove each other at once, one stays', async () => {
      await store.add(userOf('ann', { role: 'admin' }))
      await store.add(userOf('bob', { role: 'admin' }))
      await Promise.allSettled([store.remove('user:ann'), other().remove('user:bob')])
      expect(await store.list()).toHaveLength(1)
    })

    test('a session is found until it is ended', async () => {
      await store.add(userOf('ann'))
      const session = sessionOf('ann')
      await store.beginSession(session)
      expect(await other().findSession(session.hash)).toEqual(session)
      await other().endSession(session.hash)
      expect(await store.findSession(session.hash)).toBeUndefined()
      await store.endSession(session.hash)
    })

    test('when it was used last goes only forward, and what is over does not come back', async () => {
      await store.add(userOf('ann'))
      const session = sessionOf('ann')
      await store.beginSession(session)
      await store.touchSession(session.hash, session.seenAt + 5_000)
      await other().touchSession(session.hash, session.seenAt + 1_000)
      expect(await store.findSession(session.hash)).toEqual({ ...session, seenAt: session.seenAt + 5_000 })
      await store.endSession(session.hash)
      await store.touchSession(session.hash, session.seenAt + 9_000)
      expect(await store.findSession(session.hash)).toBeUndefined()
    })

    test('sessions that are over are forgotten, others are not', async () => {
      await store.add(userOf('ann'))
      const now = Date.now()
      const over = { ...sessionOf('ann'), endsAt: now - 1 }
      const unused = { ...sessionOf('ann'), seenAt: now - 13 * 3_600_000 }
      const going = sessionOf('ann')
      for (const session of [over, unused, going]) await store.beginSession(session)
      await store.sweepSessions(now)
      expect(await Promise.all([over, unused, going].map(({ hash }) => store.findSession(hash)))).toEqual([undefined, undefined, going])
    })

    test('a store that is closed says so', async () => {
      const closing = await place.open()
      await closing.close()
      await expect(closing.find('user:ann')).rejects.toMatchObject({ code: 'unavailable' })
    })
  })
}

export function userOf(name: string, more: Partial<User> = {}): User {
  return { ...createUser({ name, role: 'viewer', password: '$argon2id$…', at: 1_000 }), ...more }
}

function sessionOf(name: string): SignInSession {
  const now = Date.now()
  return { hash: randomUUID(), userId: `user:${name}`, generation: 'g', createdAt: now, seenAt: now, endsAt: now + 3_600_000 }
}
