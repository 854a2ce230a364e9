import type { AskView, Plan } from '@signalbox/contracts'

import { completed, createStory, sessionId, started, work, written, type Beat, type Story } from './story.ts'

const HOSTILE =
  '<img src=x onerror="window.__hacked=1"> \u202egnp.exe\u202c a\u200bb \u001b[31mred\u001b[0m [click](javascript:alert(1)) ![p](https://evil.example/p.png)'

const ANSWER = `Both addresses argue that the **union outlasts its quarrels**, and differ in what they ask of the listener [1].

- *First inaugural*: an appeal to law and patience; "the mystic chords of memory" are to hold what force should not [1].
- *Second inaugural*: the war is read as a judgement shared by North and South, and the appeal is to \`charity for all\` [2][3].

| | 1861 | 1865 |
|---|---|---|
| Addressed to | the South | the whole nation |
| Tone | legal | scriptural |`

/** What the pages are looked at with: one session of each kind that there is. */
export function createStories(now = Date.now()): Map<string, Story> {
  const stories = [comparing(now), running(now), approving(now), asking(now), failing(now), wide(now), hostile(now), planning(now), ...older(now)]
  return new Map(stories.map((story) => [story.id, story]))
}

function comparing(now: number): Story {
  const plan: Plan = {
    goal: 'Compare Lincoln’s two inaugural addresses, with sources',
    answer: 'answer',
    nodes: [
      work('first-address', 'rag', 'Find what the first inaugural address says of union and secession.', [], { skill: 'retrieve' }),
      work('second-address', 'rag', 'Find what the second inaugural address says of the war’s cause.', [], { skill: 'retrieve' }),
      work(
        'weigh',
        'reasoning',
        'Weigh the two against each other: addressee, tone, and what each asks of its listeners.',
        ['first-address', 'second-address'],
        { skill: 'reason' },
      ),
      work('answer', 'reasoning', 'Write the comparison. Cite each claim.', ['first-address', 'second-address', 'weigh'], { skill: 'answer' }),
    ],
  }
  const citations = [
    { n: 1, source: 'knowledge/speeches/first-inaugural.md', title: 'First inaugural address', start: 14_201, end: 14_688 },
    { n: 2, source: 'knowledge/speeches/second-inaugural.md', title: 'Second inaugural address', start: 1_240, end: 1_733 },
    { n: 3, source: 'knowledge/speeches/second-inaugural.md', title: 'Second inaugural address', start: 3_010, end: 3_420 },
  ]
  return createStory(
    {
      id: sessionId('compare'),
      goal: plan.goal,
      agoS: 900,
      conversation: [
        { role: 'system', text: 'You are a careful historian.' },
        { role: 'user', text: plan.goal },
      ],
      budget: { tokens: 50_000, usd: 0.5, deadline_s: 600 },
      outputs: {
        'first-address': {
          text: 'Found 4 passages.',
          data: [
            {
              kind: 'passages',
              query: 'union secession first inaugural',
              passages: [
                { id: 'p1', source: 'knowledge/speeches/first-inaugural.md', start: 14_201, end: 14_688, text: 'The mystic chords of memory…', score: 0.91 },
              ],
            },
          ],
        },
        'weigh': { text: 'The first is an argument; the second is a confession.\n\n1. **Addressee** …\n2. **Tone** …', data: [] },
        'answer': { text: ANSWER, data: [{ kind: 'citations', citations }] },
      },
      answer: { text: ANSWER, citations },
      beats: [
        [0, { type: 'session.created' }],
        [0.02, { type: 'plan.started', agents: ['rag', 'reasoning'] }],
        [1.4, { type: 'plan.ready', plan, revision: 1, source: 'planner' }],
        [0.01, started('first-address', 'rag', plan.nodes[0]!.instruction)],
        [0.01, started('second-address', 'rag', plan.nodes[1]!.instruction)],
        [0.6, { type: 'node.progress', node: 'first-address', agent: 'rag', text: 'searching 11 passages of 2 files' }],
        [0.3, completed('second-address', 'rag', '3 passages from second-inaugural.md')],
        [
          0.4,
          {
            type: 'node.retrying',
            node: 'first-address',
            agent: 'rag',
            attempt: 2,
            of: 3,
            delay_ms: 1_000,
            error: { code: 'unavailable', message: 'The index was being rebuilt.', node: 'first-address' },
          },
        ],
        [1.0, started('first-address', 'rag', plan.nodes[0]!.instruction, 2)],
        [0.7, completed('first-address', 'rag', '4 passages from first-inaugural.md')],
        [0.02, started('weigh', 'reasoning', plan.nodes[2]!.instruction)],
        [3.2, completed('weigh', 'reasoning', 'The first is an argument; the second is a confession.', 2_840)],
        [0.02, started('answer', 'reasoning', plan.nodes[3]!.instruction)],
        ...written('answer', 'reasoning', ANSWER, 0.04),
        [0.2, completed('answer', 'reasoning', 'Both addresses argue that the union outlasts its quarrels.', 1_960)],
        [0.02, { type: 'session.completed', usage: { prompt_tokens: 4_020, completion_tokens: 1_391, total_tokens: 5_411, cost_usd: 0.0118 }, citations }],
      ],
    },
    now,
  )
}

const SURVEY: Plan = {
  goal: 'Survey the twelve open incident reports, agree on the root cause with three reviewers, and draft a notice to customers',
  answer: 'notice',
  nodes: [
    work('collect', 'rag', 'List the incident reports of the last week.', [], { skill: 'retrieve' }),
    {
      kind: 'map',
      id: 'summaries',
      agent: 'reasoning',
      skill: 'reason',
      instruction: 'Sum up this report in three sentences.',
      over: 'collect.data',
      needs: ['collect'],
      on_failure: 'fail',
      on_item_failure: 'skip',
    },
    {
      kind: 'vote',
      id: 'cause',
      instruction: 'Which root cause explains most of the reports?',
      needs: ['summaries'],
      on_failure: 'fail',
      voters: [{ agent: 'reasoning' }, { agent: 'auditor' }, { agent: 'critic' }],
      decide: 'judge',
      judge: { agent: 'reasoning' },
    },
    { kind: 'plan', id: 'timeline', instruction: 'Reconstruct the incident’s timeline from logs and reports.', needs: ['collect'], on_failure: 'skip' },
    work('notice', 'reasoning', 'Draft the notice to customers. Be plain; name the cause and the remedy.', ['cause', 'timeline'], { skill: 'answer' }),
  ],
}

function running(now: number): Story {
  const branch = (index: number): string => `summaries.${index}`
  const done = (count: number, from = 0): Beat[] =>
    Array.from(
      { length: count },
      (_, index) => [0.2, completed(branch(from + index), 'reasoning', 'A pool of connections ran dry after the deploy.', 420)] as Beat,
    )
  const go = (count: number, from = 0): Beat[] =>
    Array.from({ length: count }, (_, index) => [0.05, started(branch(from + index), 'reasoning', 'Sum up this report in three sentences.')] as Beat)
  const beats: Beat[] = [
    [0, { type: 'session.created' }],
    [0.02, { type: 'plan.started', agents: ['rag', 'reasoning', 'auditor', 'critic'] }],
    [2.1, { type: 'plan.ready', plan: SURVEY, revision: 1, source: 'planner' }],
    [0.1, started('collect', 'rag', SURVEY.nodes[0]!.instruction)],
    [1.5, completed('collect', 'rag', '12 reports')],
    [0.1, { type: 'node.expanded', node: 'summaries', agent: 'reasoning', branches: 12 }],
    [0.1, started('timeline', 'plan', SURVEY.nodes[3]!.instruction)],
    [0.2, { type: 'node.session', node: 'timeline', agent: 'plan', session: sessionId('planning') }],
    ...go(6),
    ...done(5),
    ...go(4, 6),
    [
      0.4,
      {
        type: 'node.failed',
        node: 'summaries.7',
        agent: 'reasoning',
        error: { code: 'deadline_exceeded', message: 'No answer within 30 s.', node: 'summaries.7' },
      },
    ],
    [0.1, { type: 'node.skipped', node: 'summaries.7', agent: 'reasoning', reason: 'failure' }],
    [0.5, { type: 'node.progress', node: 'summaries.5', agent: 'reasoning', text: 'reading the third section' }],
    // From here on it happens while one looks.
    [4, completed('summaries.5', 'reasoning', 'Certificates had expired.', 390)],
    [3, completed('summaries.6', 'reasoning', 'A pool of connections ran dry.', 400)],
    ...go(2, 10),
    [3, completed('summaries.8', 'reasoning', 'A pool of connections ran dry.', 400)],
    [2, completed('summaries.9', 'reasoning', 'A pool of connections ran dry.', 400)],
    [2, completed('summaries.10', 'reasoning', 'A pool of connections ran dry.', 400)],
    [2, completed('summaries.11', 'reasoning', 'A pool of connections ran dry.', 400)],
    [0.1, completed('summaries', 'reasoning', '11 of 12 items', 0)],
    [0.1, { type: 'node.expanded', node: 'cause', agent: 'vote', branches: 3 }],
    [0.1, started('cause.0', 'reasoning', SURVEY.nodes[2]!.instruction)],
    [0.1, started('cause.1', 'auditor', SURVEY.nodes[2]!.instruction)],
    [0.1, started('cause.2', 'critic', SURVEY.nodes[2]!.instruction)],
    [3, completed('cause.0', 'reasoning', 'The pool.', 500)],
    [3, completed('cause.1', 'auditor', 'The certificate.', 500)],
    [2, completed('timeline', 'plan', 'Reconstructed.', 3_000)],
    [3, completed('cause.2', 'critic', 'Both.', 500)],
    [0.1, started('cause.judge', 'reasoning', SURVEY.nodes[2]!.instruction)],
    [4, completed('cause.judge', 'reasoning', 'The pool.', 700)],
    [0.1, { type: 'node.decided', node: 'cause', agent: 'vote', by: 'judge', choice: 'The pool of connections', votes: 1, of: 3 }],
    [0.1, completed('cause', 'vote', 'The pool of connections')],
    [0.1, started('notice', 'reasoning', SURVEY.nodes[4]!.instruction)],
    ...written(
      'notice',
      'reasoning',
      'On Monday some of you could not sign in for eleven minutes. A deploy had made our pool of connections too small; it is the right size again, and a test now holds it there.',
      0.2,
    ),
    [0.3, completed('notice', 'reasoning', 'On Monday some of you could not sign in.', 900)],
    [0.1, { type: 'session.completed', usage: { prompt_tokens: 9_000, completion_tokens: 2_900, total_tokens: 11_900, cost_usd: 0.031 }, citations: [] }],
  ]
  return createStory({ id: sessionId('running'), goal: SURVEY.goal, agoS: 14, owner: 'web', beats, played: beats.findIndex(([after]) => after === 4) }, now)
}

function approving(now: number): Story {
  const plan: Plan = {
    goal: 'Roll the checkout service back to 4.18.2 in production and tell the on-call channel',
    answer: 'report',
    nodes: [
      work('check', 'rag', 'Find the runbook for rolling back checkout.', [], { skill: 'retrieve' }),
      work('rollback', 'deployer', 'Roll checkout back to 4.18.2 in production.', ['check'], { skill: 'deploy' }),
      work('tell', 'messenger', 'Tell #on-call what was done and why.', ['rollback'], {
        skill: 'post',
        approval: { why: 'It is read by two hundred people.', risk: 'low' },
      }),
      work('watch', 'auditor', 'Watch error rates for the next minutes.', ['check']),
      work('report', 'reasoning', 'Report what was done.', ['tell', 'watch'], { skill: 'answer' }),
    ],
  }
  return createStory(
    {
      id: sessionId('approve'),
      goal: plan.goal,
      agoS: 190,
      owner: 'ops-bot',
      asks: [askOf('apr_rollback', 'rollback', 'deployer', 'high', now), askOf('apr_tell', 'tell', 'messenger', 'low', now)],
      outputs: { check: { text: 'Runbook: **checkout/rollback.md**', data: [] } },
      beats: [
        [0, { type: 'session.created' }],
        [0.1, { type: 'plan.started', agents: ['rag', 'deployer', 'messenger', 'auditor', 'reasoning'] }],
        [1.8, { type: 'plan.ready', plan, revision: 1, source: 'planner' }],
        [0.1, started('check', 'rag', plan.nodes[0]!.instruction)],
        [0.9, completed('check', 'rag', 'Runbook: checkout/rollback.md')],
        [0.1, started('rollback', 'deployer', plan.nodes[1]!.instruction)],
        [0.1, started('watch', 'auditor', plan.nodes[3]!.instruction)],
        [
          1.2,
          {
            type: 'approval.requested',
            node: 'rollback',
            agent: 'deployer',
            approval: 'apr_rollback',
            title: 'Roll back checkout to 4.18.2 in prod',
            risk: 'high',
            source: 'agent',
            expires_at: new Date(now + 7_200_000).toISOString(),
          },
        ],
        [5, completed('watch', 'auditor', 'Error rate 2.3 %, rising.', 300)],
        [0.1, { type: 'session.waiting', for: 'approval', approvals: ['apr_rollback'], questions: [] }],
      ],
    },
    now,
  )
}

function askOf(id: string, node: string, agent: string, level: 'low' | 'high', now: number): AskView {
  return {
    id,
    node,
    epoch: 1,
    ref: 'a1',
    source: 'agent',
    agent,
    skill: null,
    action: {
      type: level === 'high' ? 'deploy' : 'chat.post',
      title: level === 'high' ? 'Roll back checkout to 4.18.2 in prod' : 'Post to #on-call',
      side_effects: ['Restarts 24 pods'],
      reversible: true,
    },
    args_sha256: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
    statement: 'I have checked everything; this is safe.',
    why: null,
    impact: 'Checkout is unavailable for about 20 s.',
    risk: { level, reasons: ['production'] },
    policy: { id: 'deploys', version: '3' },
    allowed: ['approve', 'edit', 'reject'],
    quorum: { required: 1, eligible: ['role:approver'], exclude_requester: true },
    on_timeout: 'reject',
    notify: null,
    asked_at: new Date(now - 180_000).toISOString(),
    escalates_at: null,
    escalates_to: [],
    expires_at: new Date(now + 7_200_000).toISOString(),
    state: 'open',
    outcome: null,
  }
}

function asking(now: number): Story {
  const plan: Plan = {
    goal: 'Book a room for the design review next week',
    answer: 'book',
    nodes: [work('book', 'rooms', 'Find and book a room for eight people.', [])],
  }
  return createStory(
    {
      id: sessionId('ask'),
      goal: plan.goal,
      agoS: 75,
      beats: [
        [0, { type: 'session.created' }],
        [1.1, { type: 'plan.ready', plan, revision: 1, source: 'fallback' }],
        [0.1, started('book', 'rooms', plan.nodes[0]!.instruction)],
        [
          2,
          {
            type: 'input.requested',
            node: 'book',
            agent: 'rooms',
            question: 'q1',
            text: 'Two rooms are free: *Ostkreuz* on Tuesday at 10:00, or *Nordbahnhof* on Thursday at 14:00. Which one shall I book?',
          },
        ],
        [0.1, { type: 'session.waiting', for: 'input', approvals: [], questions: ['q1'] }],
      ],
    },
    now,
  )
}

function failing(now: number): Story {
  const plan: Plan = {
    goal: 'Reconcile the October ledger against the bank export',
    answer: 'report',
    nodes: [
      work('export', 'bank', 'Fetch the October export.', []),
      work('ledger', 'rag', 'Read the October ledger.', [], { skill: 'retrieve' }),
      work('match', 'reasoning', 'Match entries; list what has no partner.', ['export', 'ledger'], { skill: 'reason' }),
      work('report', 'reasoning', 'Write the report.', ['match'], { skill: 'answer' }),
    ],
  }
  const error = { code: 'agent_unavailable', message: 'bank: connect ECONNREFUSED 10.2.0.14:9443 (3 tries)', node: 'export' }
  return createStory(
    {
      id: sessionId('fail'),
      goal: plan.goal,
      agoS: 5_400,
      owner: 'finance',
      beats: [
        [0, { type: 'session.created' }],
        [1.1, { type: 'plan.ready', plan, revision: 1, source: 'repaired' }],
        [0.1, started('export', 'bank', plan.nodes[0]!.instruction)],
        [0.1, started('ledger', 'rag', plan.nodes[1]!.instruction)],
        [0.4, { type: 'node.retrying', node: 'export', agent: 'bank', attempt: 2, of: 3, delay_ms: 1_000, error }],
        [0.5, completed('ledger', 'rag', '212 entries', 0)],
        [0.6, started('export', 'bank', plan.nodes[0]!.instruction, 2)],
        [0.4, { type: 'node.retrying', node: 'export', agent: 'bank', attempt: 3, of: 3, delay_ms: 2_100, error }],
        [2.1, started('export', 'bank', plan.nodes[0]!.instruction, 3)],
        [0.5, { type: 'node.failed', node: 'export', agent: 'bank', error }],
        [0.01, { type: 'dead_letter.kept', node: 'export', agent: 'bank', error, attempts: 3 }],
        [0.01, { type: 'session.failed', error, usage: { prompt_tokens: 900, completion_tokens: 120, total_tokens: 1_020, cost_usd: 0.002 } }],
      ],
    },
    now,
  )
}

/** Two hundred boxes. */
function wide(now: number): Story {
  const stages = 8
  const lanes = 7
  const nodes: Plan['nodes'] = []
  for (let stage = 0; stage < stages; stage += 1)
    for (let lane = 0; lane < lanes; lane += 1)
      nodes.push(
        work(
          `s${stage}-${lane}`,
          lane % 2 ? 'rag' : 'reasoning',
          `Stage ${stage + 1}, lane ${lane + 1}: work on a part of the corpus.`,
          stage === 0 ? [] : [`s${stage - 1}-${lane}`, `s${stage - 1}-${(lane + 1) % lanes}`],
        ),
      )
  nodes.push({
    kind: 'map',
    id: 'each',
    agent: 'reasoning',
    instruction: 'Rate this passage.',
    over: 's7-0.data',
    needs: ['s7-0', 's7-1'],
    on_failure: 'fail',
    on_item_failure: 'skip',
  })
  nodes.push(work('answer', 'reasoning', 'Write it up.', ['each', ...Array.from({ length: lanes }, (_, lane) => `s7-${lane}`)]))
  const items = 200 - nodes.length
  const plan: Plan = { goal: 'Rate two hundred passages', answer: 'answer', nodes }
  return createStory(
    {
      id: sessionId('wide'),
      goal: plan.goal,
      agoS: 120,
      owner: 'bench',
      beats: [
        [0, { type: 'session.created' }],
        [1, { type: 'plan.ready', plan, revision: 1, source: 'planner' }],
        ...nodes.slice(0, stages * lanes).flatMap((node, index): Beat[] => [
          [0.05, started(node.id, 'rag', node.instruction)],
          [0.3, completed(node.id, 'rag', `part ${index}`, 90)],
        ]),
        [0.1, { type: 'node.expanded', node: 'each', agent: 'reasoning', branches: items }],
        ...Array.from({ length: 90 }, (_, index): Beat => [0.02, started(`each.${index}`, 'reasoning', 'Rate this passage.')]),
        ...Array.from({ length: 70 }, (_, index): Beat => [
          0.02,
          index % 17 === 5
            ? { type: 'node.failed', node: `each.${index}`, agent: 'reasoning', error: { code: 'agent_failed', message: 'no rating' } }
            : completed(`each.${index}`, 'reasoning', '4 of 5', 60),
        ]),
      ],
    },
    now,
  )
}

function hostile(now: number): Story {
  const plan: Plan = {
    goal: HOSTILE,
    answer: 'n2',
    nodes: [work('n1', HOSTILE.slice(0, 60), HOSTILE), work('n2', 'reasoning', `${HOSTILE}\nsecond line`, ['n1'])],
  }
  return createStory(
    {
      id: sessionId('hostile'),
      goal: HOSTILE,
      agoS: 4_000,
      owner: HOSTILE.slice(0, 40),
      answer: {
        text: `${HOSTILE}\n\n<script>window.__hacked=1</script>\n\n[bad](javascript:window.__hacked=1) [good](https://xn--pple-43d.com/a)`,
        citations: [{ n: 1, source: HOSTILE, title: HOSTILE, start: 0, end: 10 }],
      },
      outputs: { n1: { text: HOSTILE, data: [{ '<b>': HOSTILE, 'list': [HOSTILE, 1, null, true] }] } },
      beats: [
        [0, { type: 'session.created' }],
        [1, { type: 'plan.ready', plan, revision: 1, source: 'planner' }],
        [1, started('n1', HOSTILE.slice(0, 60), HOSTILE)],
        [1, { type: 'node.progress', node: 'n1', agent: HOSTILE.slice(0, 60), text: HOSTILE }],
        [1, completed('n1', HOSTILE.slice(0, 60), HOSTILE)],
        [1, started('n2', 'reasoning', HOSTILE)],
        [1, { type: 'answer.delta', node: 'n2', agent: 'reasoning', offset: 0, text: HOSTILE }],
        [1, completed('n2', 'reasoning', HOSTILE)],
        [1, { type: 'session.completed', usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost_usd: null }, citations: [] }],
      ],
    },
    now,
  )
}

function planning(now: number): Story {
  return createStory(
    {
      id: sessionId('planning'),
      goal: 'Reconstruct the incident’s timeline from logs and reports.',
      agoS: 9,
      owner: 'web',
      beats: [
        [0, { type: 'session.created' }],
        [0.1, { type: 'plan.started', agents: ['rag', 'reasoning'] }],
      ],
    },
    now,
  )
}

const GOALS = [
  'Explain why the nightly build is slower since Tuesday',
  'Draft release notes for 2.4',
  'Which suppliers changed their payment terms this year?',
  'Translate the onboarding guide into Spanish',
  'Find contradictions between the two contracts',
  'Plan the office move',
]

function older(now: number): Story[] {
  return Array.from({ length: 40 }, (_, index) => {
    const goal = GOALS[index % GOALS.length] ?? 'A goal'
    const plan: Plan = { goal, answer: 'answer', nodes: [work('find', 'rag', 'Find what is known.'), work('answer', 'reasoning', 'Answer.', ['find'])] }
    const end: Beat =
      index % 9 === 4
        ? [1, { type: 'session.canceled', usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: 0 } }]
        : [
            1,
            {
              type: 'session.completed',
              usage: { prompt_tokens: 900, completion_tokens: 300 + index, total_tokens: 1_200 + index, cost_usd: 0.003 },
              citations: [],
            },
          ]
    return createStory(
      {
        id: sessionId(`old${index}`),
        goal,
        agoS: 7_200 * (index + 1),
        owner: ['demo', 'web', 'finance'][index % 3] ?? 'demo',
        beats: [
          [0, { type: 'session.created' }],
          [1, { type: 'plan.ready', plan, revision: 1, source: 'planner' }],
          [1, started('find', 'rag', 'Find what is known.')],
          [2, completed('find', 'rag', 'Found.', 300)],
          [0.1, started('answer', 'reasoning', 'Answer.')],
          ...(index % 9 === 4 ? [] : [[2, completed('answer', 'reasoning', 'Answered.', 900)] as Beat]),
          end,
        ],
      },
      now,
    )
  })
}
