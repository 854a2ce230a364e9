import type { Approval } from '@signalbox/contracts'
import { describe, expect, test } from 'vitest'

import type { ApprovalLedger } from '../approval-ledger.ts'
import { codeOf, idsOf, type Ledgers } from './ledgers.ts'
import { at, decided, NOTHING_ELSE, query, sampleApproval } from './sample-approval.ts'

export function listRules(ledgers: Ledgers): void {
  describe('listing', () => {
    test('pending ones come the soonest to expire first, and pages stay right while others are asked and decided', async () => {
      const ledger = await ledgers.one()
      const made: Approval[] = []
      for (const minute of [5, 3, 1, 4, 4, 2, 6]) made.push(await open(ledger, { expires_at: at(minute) }))
      const expected = idsOf(made.toSorted((a, b) => a.expires_at.localeCompare(b.expires_at) || (a.id < b.id ? -1 : 1)))
      const seen = await allPages(ledger, query({ limit: 2 }), async (page) => {
        // One before and one behind what was seen; and what was seen is decided.
        await open(ledger, { expires_at: at(0), agent: 'late' })
        if (page[0]) await ledger.change(decided(page[0]), page[0].version, NOTHING_ELSE)
      })
      expect(seen.filter(({ agent }) => agent !== 'late').map(({ id }) => id)).toEqual(expected)
      expect(seen).toHaveLength(7)
    })

    test('a list of all has the newest first, and a history what was decided last first', async () => {
      const ledger = await ledgers.one()
      const [first, second, third] = [
        await open(ledger, { created_at: at(1) }),
        await open(ledger, { created_at: at(2) }),
        await open(ledger, { created_at: at(2) }),
      ]
      await ledger.change(decided(second, 'bob', { decided_at: at(10) }), 1, NOTHING_ELSE)
      await ledger.change(decided(first, 'bob', { decided_at: at(11), state: 'rejected' }), 1, NOTHING_ELSE)
      const twins = [second.id, third.id].toSorted().toReversed()
      expect(idsOf(await allPages(ledger, query({ status: 'all', limit: 1 })))).toEqual([...twins, first.id])
      expect(idsOf(await allPages(ledger, query({ status: 'history', limit: 1 })))).toEqual([first.id, second.id])
      expect(idsOf(await allPages(ledger, query({ status: 'approved' })))).toEqual([second.id])
      expect(idsOf(await allPages(ledger, query({ status: 'rejected' })))).toEqual([first.id])
      expect(await ledger.list(query({ status: 'expired' }))).toEqual({ approvals: [], total: 0, pending: 1, nextCursor: undefined })
    })

    test('a history stays right while more is decided', async () => {
      const ledger = await ledgers.one()
      const expected: string[] = []
      for (let minute = 1; minute <= 5; minute += 1) expected.unshift((await openDecided(ledger, at(minute))).id)
      const seen = await allPages(ledger, query({ status: 'history', limit: 2 }), () => openDecided(ledger, at(60)))
      expect(idsOf(seen)).toEqual(expected)
    })

    test('filters are about session, agent and risk, all at once, with the totals of what they find', async () => {
      const ledger = await ledgers.one()
      const wanted = await open(ledger, { session_id: 'ses_child', root_session_id: 'ses_root', agent: 'payer', risk: { level: 'high', reasons: [] } })
      const sibling = await open(ledger, { session_id: 'ses_root', root_session_id: 'ses_root', agent: 'payer' })
      await open(ledger, { agent: 'payer', risk: { level: 'high', reasons: [] } })
      await open(ledger, {})
      const find = async (overrides: Parameters<typeof query>[0]): Promise<string[]> => {
        const page = await ledger.list(query(overrides))
        expect(page).toMatchObject({ total: page.approvals.length, pending: 4 })
        return idsOf(page.approvals)
      }
      expect(await find({ session_id: 'ses_child' })).toEqual([wanted.id])
      // A session's list has what its sub-plans ask.
      expect((await find({ session_id: 'ses_root' })).toSorted()).toEqual([wanted.id, sibling.id].toSorted())
      expect(await find({ agent: 'payer' })).toHaveLength(3)
      expect(await find({ agent: 'pay' })).toEqual([])
      expect(await find({ risk: 'high' })).toHaveLength(2)
      expect(await find({ session_id: 'ses_root', agent: 'payer', risk: 'high' })).toEqual([wanted.id])
      expect(await find({ session_id: 'ses_root', risk: 'critical' })).toEqual([])
    })

    test('a search finds words in whatever people read, in any case, and all of them', async () => {
      const ledger = await ledgers.one()
      const one = await open(ledger, {
        goal: 'Clean up the ＳＴＡＧＩＮＧ cluster',
        agent: 'janitor',
        statement: 'Nothing uses it. 100% sure_',
        why: 'Money',
        action: { ...sampleApproval().action, type: 'disk.delete', title: 'Delete the volume Ärger', tool: 'kubectl' },
      })
      await open(ledger, {})
      const find = async (q: string, status: 'pending' | 'all' = 'pending'): Promise<number> => (await ledger.list(query({ q, status }))).total
      for (const q of ['CLEAN', 'janitor', 'nothing', 'money', 'disk.delete', 'volume', 'ÄRGER', 'kube', 'staging', 'money  volume', '100%', 'sure_', ' ']) {
        expect([q, await find(q)]).toEqual([q, q === ' ' ? 2 : 1])
      }
      expect(await find('money release')).toBe(0)
      expect(await find('%')).toBe(1)
      expect(await find("'; drop table approvals; --")).toBe(0)
      const rejected = decided(one, 'bob', { state: 'rejected' })
      await ledger.change(
        { ...rejected, decisions: rejected.decisions.map((decision) => ({ ...decision, decision: 'reject', reason: 'Too early' })) },
        1,
        NOTHING_ELSE,
      )
      expect(await find('early')).toBe(0)
      expect(await find('EARLY', 'all')).toBe(1)
    })

    test('of a requester only theirs are listed and counted, and pending counts whatever the filter says', async () => {
      const ledger = await ledgers.one()
      const own = await open(ledger, { requested_by: 'carol' })
      await openDecided(ledger, at(1), { requested_by: 'carol' })
      await open(ledger, {})
      const page = await ledger.list(query({ requestedBy: 'carol' }))
      expect(page).toMatchObject({ approvals: [{ id: own.id }], total: 1, pending: 1 })
      expect(await ledger.list(query({ requestedBy: 'carol', status: 'history', agent: 'nobody' }))).toMatchObject({ approvals: [], total: 0, pending: 1 })
      expect(await ledger.list(query({ requestedBy: 'carol', status: 'all' }))).toMatchObject({ total: 2, pending: 1 })
      expect(await ledger.list(query({ requestedBy: 'dave', status: 'all' }))).toMatchObject({ total: 0, pending: 0 })
      expect(await ledger.list(query({ status: 'all' }))).toMatchObject({ total: 3, pending: 2 })
    })

    test('many that are filtered come in whole pages', async () => {
      const ledger = await ledgers.one()
      const odd: string[] = []
      for (let minute = 0; minute < 60; minute += 1) {
        const { id } = await open(ledger, { expires_at: at(minute), agent: minute % 2 ? 'odd' : 'even' })
        if (minute % 2) odd.push(id)
      }
      const first = await ledger.list(query({ agent: 'odd', limit: 7 }))
      expect(first).toMatchObject({ total: 30, pending: 60 })
      expect(first.approvals).toHaveLength(7)
      expect(idsOf(await allPages(ledger, query({ agent: 'odd', limit: 7 })))).toEqual(odd)
      expect(idsOf(await allPages(ledger, query({ agent: 'odd', requestedBy: 'alice', q: 'deploy', limit: 15 })))).toEqual(odd)
    })

    test('a list shows approvals as they are now: what was given more time is where it belongs', async () => {
      const ledger = await ledgers.one()
      const [first, second] = [await open(ledger, { expires_at: at(1) }), await open(ledger, { expires_at: at(2) })]
      await ledger.change({ ...first, expires_at: at(3) }, 1, NOTHING_ELSE)
      expect(idsOf((await ledger.list(query())).approvals)).toEqual([second.id, first.id])
      await ledger.change(decided(second), 1, NOTHING_ELSE)
      expect((await ledger.list(query())).approvals).toMatchObject([{ id: first.id, version: 2 }])
    })

    test('a cursor that is not of this list is refused', async () => {
      const ledger = await ledgers.one()
      for (let minute = 0; minute < 3; minute += 1) await openDecided(ledger, at(minute))
      const { nextCursor } = await ledger.list(query({ status: 'all', limit: 1 }))
      for (const cursor of ['!', 'abc', Buffer.from('pending x y').toString('base64url'), nextCursor as string]) {
        expect(await codeOf(ledger.list(query({ cursor })))).toBe('invalid_request')
        expect(await codeOf(ledger.audit({ limit: 1, cursor }))).toBe('invalid_request')
        expect(await codeOf(ledger.deliveries({ limit: 1, cursor }))).toBe('invalid_request')
      }
    })

    test('one that cannot be read says so where it is asked for, and does not stand in the way of others', async () => {
      const { ledger, tamper } = await ledgers.tampered()
      const spoilt = await open(ledger, { expires_at: at(1) })
      const sound = await open(ledger, { expires_at: at(2) })
      await tamper.spoil(spoilt.id)
      await expect(ledger.get(spoilt.id)).rejects.toThrow()
      expect(idsOf((await ledger.list(query())).approvals)).toEqual([sound.id])
      expect(idsOf((await ledger.list(query({ agent: 'deployer' }))).approvals)).toEqual([sound.id])
      expect(idsOf(await ledger.due(new Date(at(60)), 10))).toEqual([sound.id])
    })
  })
}

function open(ledger: ApprovalLedger, overrides: Partial<Approval>): Promise<Approval> {
  return ledger.open(sampleApproval(overrides), NOTHING_ELSE)
}

async function openDecided(ledger: ApprovalLedger, decidedAt: string, overrides: Partial<Approval> = {}): Promise<Approval> {
  return ledger.change(decided(await open(ledger, overrides), 'bob', { decided_at: decidedAt }), 1, NOTHING_ELSE)
}

/** Every page, with something happening between them. */
async function allPages(
  ledger: ApprovalLedger,
  wanted: ReturnType<typeof query>,
  between: (page: Approval[]) => Promise<unknown> = async () => undefined,
): Promise<Approval[]> {
  const seen: Approval[] = []
  for (let cursor: string | undefined; ;) {
    const page = await ledger.list({ ...wanted, ...(cursor !== undefined && { cursor }) })
    expect(page.approvals.length).toBeLessThanOrEqual(wanted.limit)
    seen.push(...page.approvals)
    if (page.nextCursor === undefined) return seen
    expect(page.approvals).toHaveLength(wanted.limit)
    cursor = page.nextCursor
    await between(page.approvals)
  }
}
