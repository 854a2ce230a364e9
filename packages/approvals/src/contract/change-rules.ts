import { describe, expect, test } from 'vitest'

import { codeOf, idsOf, wholeAudit, type Ledgers } from './ledgers.ts'
import { also, decided, NOTHING_ELSE, query, sampleApproval, sampleDelivery } from './sample-approval.ts'

export function changeRules(ledgers: Ledgers): void {
  describe('asking and deciding', () => {
    test('what was entered is there, as its first version, with its note and its messages', async () => {
      const ledger = await ledgers.one()
      const approval = sampleApproval({ version: 7 })
      const message = sampleDelivery({ approval_id: approval.id })
      const opened = await ledger.open(approval, also(approval, 'approval.requested', [message]))
      expect(opened).toEqual({ ...approval, version: 1 })
      expect(await ledger.get(approval.id)).toEqual(opened)
      expect(await wholeAudit(ledger)).toMatchObject([{ seq: 1, kind: 'approval.requested', subject: approval.id }])
      expect((await ledger.deliveries({ limit: 10 })).deliveries).toMatchObject([
        { ...message, state: 'waiting', attempts: 0, next_at: message.created_at, finished_at: null },
      ])
      expect(await ledger.get('apr_none')).toBeUndefined()
    })

    test('asking again with the same id changes nothing, notes nothing and sends nothing, also at the same time and elsewhere', async () => {
      const [here, there] = await ledgers.two()
      const approval = sampleApproval()
      const ask = (ledger: typeof here, goal: string): Promise<unknown> =>
        ledger.open({ ...approval, goal }, also(approval, 'approval.requested', [sampleDelivery()]))
      const answers = await Promise.all([ask(here, 'first'), ask(there, 'second'), ask(here, 'third')])
      const stored = await here.get(approval.id)
      expect(answers).toEqual([stored, stored, stored])
      expect(await wholeAudit(here)).toHaveLength(1)
      expect((await here.deliveries({ limit: 10 })).deliveries).toHaveLength(1)

      const changed = await here.change(decided({ ...approval, version: 1 }), 1, NOTHING_ELSE)
      expect(await there.open(approval, also(approval))).toEqual(changed)
      expect(await wholeAudit(here)).toHaveLength(1)
    })

    test('a change is of the version it was made from, and raises it by one', async () => {
      const ledger = await ledgers.one()
      const opened = await ledger.open(sampleApproval(), NOTHING_ELSE)
      const extended = await ledger.change({ ...opened, expires_at: '2040-01-01T00:00:00.000Z' }, 1, also(opened, 'approval.extended'))
      expect(extended).toMatchObject({ version: 2, expires_at: '2040-01-01T00:00:00.000Z' })
      await expect(ledger.change(decided(opened), 1, also(opened, 'approval.decided'))).rejects.toMatchObject({
        code: 'conflict',
        retryable: false,
        details: { version: 2 },
        message: `Approval ${opened.id} has moved on: it is at version 2, and the change was made from 1.`,
      })
      expect(await ledger.get(opened.id)).toEqual(extended)
      expect(await wholeAudit(ledger)).toMatchObject([{ kind: 'approval.extended' }])
      expect(await codeOf(ledger.change(decided(sampleApproval()), 1, also(opened)))).toBe('not_found')
      expect(await wholeAudit(ledger)).toHaveLength(1)
    })

    test('of those that decide at once one is heard, and all others are told that they are too late', async () => {
      const [here, there] = await ledgers.two()
      for (let round = 0; round < 10; round += 1) {
        const opened = await here.open(sampleApproval(), NOTHING_ELSE)
        const deciders = ['bob', 'carol', 'dave', 'erin']
        const codes = await Promise.all(
          deciders.map((name, index) =>
            codeOf((index % 2 ? here : there).change(decided(opened, name), 1, { ...also(opened, 'approval.decided', [sampleDelivery()]), undelivered: true })),
          ),
        )
        expect(codes.toSorted()).toEqual(['conflict', 'conflict', 'conflict', 'no error'])
        const winner = deciders[codes.indexOf('no error')]
        expect(await there.get(opened.id)).toMatchObject({ version: 2, decisions: [{ by: { name: winner } }] })
      }
      expect(await wholeAudit(here)).toHaveLength(10)
      expect((await here.deliveries({ limit: 100 })).deliveries).toHaveLength(10)
    })

    test('what was decided is never undecided', async () => {
      const ledger = await ledgers.one()
      const opened = await ledger.open(sampleApproval(), NOTHING_ELSE)
      const approved = await ledger.change(decided(opened), 1, NOTHING_ELSE)
      for (const state of ['pending', 'rejected', 'expired', 'superseded'] as const) {
        expect(await codeOf(ledger.change({ ...approved, state }, 2, also(opened)))).toBe('conflict')
      }
      expect(await ledger.get(opened.id)).toEqual(approved)
      expect(await wholeAudit(ledger)).toEqual([])
    })

    test('a decided one is undelivered until its session has been told, the oldest first', async () => {
      const [here, there] = await ledgers.two()
      const [first, second, third] = [await open(), await open(), await open()]
      await here.change(decided(second, 'bob', { decided_at: '2026-01-01T00:00:01.000Z' }), 1, { ...NOTHING_ELSE, undelivered: true })
      await here.change(decided(first, 'bob', { decided_at: '2026-01-01T00:00:02.000Z' }), 1, { ...NOTHING_ELSE, undelivered: true })
      await here.change(decided(third), 1, NOTHING_ELSE)
      expect(idsOf(await there.undelivered(10))).toEqual([second.id, first.id])
      expect(idsOf(await there.undelivered(1))).toEqual([second.id])
      await there.delivered(second.id)
      await there.delivered(second.id)
      await there.delivered('apr_none')
      expect(idsOf(await here.undelivered(10))).toEqual([first.id])
      // What is changed afterwards without saying so leaves it as it is.
      const stored = await here.get(first.id)
      if (!stored) throw new Error('it is gone')
      await here.change(stored, 2, NOTHING_ELSE)
      expect(idsOf(await here.undelivered(10))).toEqual([first.id])

      function open(): ReturnType<typeof here.open> {
        return here.open(sampleApproval(), NOTHING_ELSE)
      }
    })

    test('those are due that have expired or are to be escalated, once each, the longest due first', async () => {
      const ledger = await ledgers.one()
      const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
      const expiring = await ledger.open(sampleApproval({ expires_at: at(20) }), NOTHING_ELSE)
      const escalating = await ledger.open(sampleApproval({ escalates_at: at(10), expires_at: at(30) }), NOTHING_ELSE)
      await ledger.open(sampleApproval({ expires_at: at(100) }), NOTHING_ELSE)
      const due = async (second: number): Promise<string[]> => idsOf(await ledger.due(new Date(at(second)), 10))

      expect(await due(9)).toEqual([])
      expect(await due(10)).toEqual([escalating.id])
      expect(await due(20)).toEqual([escalating.id, expiring.id])
      const escalated = await ledger.change({ ...escalating, escalated: true }, 1, NOTHING_ELSE)
      expect(await due(20)).toEqual([expiring.id])
      expect(await due(30)).toEqual([expiring.id, escalating.id])
      await ledger.change({ ...expiring, state: 'expired', decided_at: at(20) }, 1, NOTHING_ELSE)
      await ledger.change({ ...escalated, expires_at: at(60) }, 2, NOTHING_ELSE)
      expect(await due(59)).toEqual([])
      expect(await due(60)).toEqual([escalating.id])
      expect(await ledger.due(new Date(at(200)), 1)).toHaveLength(1)
    })

    test('hostile characters come back as they went in', async () => {
      const ledger = await ledgers.one()
      const hostile = '\u202Eevil\u0000\u001B[31m<script>\u{1F600}\uFEFF"\\'
      const approval = sampleApproval({ statement: hostile, goal: hostile })
      await ledger.open(
        { ...approval, action: { ...approval.action, title: hostile, args: { [hostile]: [hostile] } } },
        {
          notes: [{ ...also(approval).notes[0]!, facts: { [hostile]: hostile } }],
          deliveries: [],
        },
      )
      expect(await ledger.get(approval.id)).toMatchObject({ statement: hostile, action: { title: hostile, args: { [hostile]: [hostile] } } })
      expect((await ledger.list(query({ q: '<SCRIPT>' }))).approvals).toHaveLength(1)
      expect(await wholeAudit(ledger)).toMatchObject([{ facts: { [hostile]: hostile } }])
      expect((await ledger.verify()).ok).toBe(true)
    })
  })
}
