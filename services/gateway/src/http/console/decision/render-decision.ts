import type { Approval, LinkView } from '@signalbox/contracts'
import { html, raw } from 'hono/html'

import { renderJson, renderText, type Html } from './render-json.ts'
import { STYLES } from './styles.ts'

/** What somebody had filled in when it could not be taken. */
export interface Draft {
  reason: string
  /** What must be mended. */
  fault: string
}

const STATES = {
  pending: 'waits for a decision',
  approved: 'approved',
  rejected: 'rejected',
  expired: 'expired undecided',
  superseded: 'no longer needed',
} as const satisfies Record<Approval['state'], string>

const DECIDED = { approve: 'approved', edit: 'approved with changes', reject: 'rejected' } as const

/** One approval for one person: what would run, why, and the two buttons. */
export function renderDecision(view: LinkView, { consoleUrl, draft, now }: { consoleUrl: string; draft?: Draft | undefined; now: Date }): Html {
  const { approval, recipient, usable, why_not: whyNot } = view
  const { action, state } = approval
  const body = html`
    <p><span class="state">${STATES[state]}</span></p>
    <h1>${renderText(action.title)}</h1>
    ${draft ? html`<p class="notice" role="alert">${draft.fault}</p>` : ''}
    ${usable || whyNot === null ? '' : html`<p class="notice">${renderText(whyNot)}</p>`} ${renderOutcome(approval)} ${renderFacts(approval, now)}
    ${renderWords(approval)} ${renderArguments(approval)} ${usable ? renderForm(approval, recipient, draft) : ''}
    <p class="quiet"><a href="${consoleUrl}/approvals/${encodeURIComponent(approval.id)}">Open it in the console</a>, with the whole session around it.</p>
  `
  return renderPage(`${STATES[state]}: ${action.type}`, body)
}

/** A page with nothing but words: for links that lead nowhere any more. */
export function renderNotice(title: string, text: string): Html {
  return renderPage(
    title,
    html`<h1>${title}</h1>
      <p>${text}</p>`,
  )
}

/** Whether somebody must write what they approve. */
export function needsConfirmation({ risk }: Approval): boolean {
  return risk.level === 'high' || risk.level === 'critical'
}

function renderPage(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <title>${title.replace(/[^\x20-\x7e]/g, '?')} · Signalbox</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>
          <header>Signalbox approval</header>
          ${body}
        </main>
      </body>
    </html>`
}

function renderOutcome({ decisions, quorum, state }: Approval): Html | '' {
  const standing = decisions.filter(({ superseded }) => !superseded)
  if (standing.length === 0) return ''
  const missing = quorum.required - standing.length
  return html`<h2>Decisions</h2>
    ${standing.map(
      ({ by, decision, reason, at }) =>
        html`<p>${renderText(by.name)} ${DECIDED[decision]} this on ${renderTime(at)}.</p>
          ${reason === null || reason === '' ? '' : html`<p class="quote">${renderText(reason)}</p>`}`,
    )}
    ${state === 'pending' && missing > 0 ? html`<p class="quiet">${missing} more ${missing === 1 ? 'person' : 'people'} must approve.</p>` : ''}`
}

function renderFacts({ action, agent, goal, requested_by, risk, expires_at, on_timeout, state }: Approval, now: Date): Html {
  const reversible = action.reversible === null ? 'not known' : action.reversible ? 'yes' : 'no'
  const left = state === 'pending' ? `, ${untilThen(expires_at, now)}; after that it is ${on_timeout === 'approve' ? 'approved' : 'rejected'}` : ''
  return html`<h2>What is asked</h2>
    <dl>
      <dt>Action</dt>
      <dd>${renderText(action.type)}${action.tool === undefined ? '' : html` by ${renderText(action.tool)}`}</dd>
      <dt>Agent</dt>
      <dd>${renderText(agent)}</dd>
      <dt>Asked for by</dt>
      <dd>${renderText(requested_by)}</dd>
      <dt>Goal</dt>
      <dd>${renderText(goal)}</dd>
      <dt>Risk</dt>
      <dd><strong>${risk.level}</strong>${risk.reasons.length === 0 ? '' : html`: ${renderText(risk.reasons.join('; '))}`}</dd>
      <dt>Can be undone</dt>
      <dd>${reversible}</dd>
      ${
        action.side_effects.length === 0
          ? ''
          : html`<dt>Side effects</dt>
              <dd>${renderText(action.side_effects.join('; '))}</dd>`
      }
      <dt>Until</dt>
      <dd>${renderTime(expires_at)}${left}</dd>
    </dl>`
}

function renderWords({ why, impact, statement }: Approval): Html {
  const quote = (title: string, text: string | null, note: Html | '' = ''): Html | '' =>
    text === null || text === ''
      ? ''
      : html`<h2>${title}</h2>
          ${note}
          <p class="quote">${renderText(text)}</p>`
  return html`${quote('Why', why)}${quote('What it changes', impact)}${quote(
    'In the agent’s own words',
    statement,
    html`<p class="quiet">Not checked by anybody: judge by what runs, below.</p>`,
  )}`
}

function renderArguments({ action, args_sha256, edit }: Approval): Html {
  const shown = (args: unknown, sha256: string): Html =>
    html`<div class="code">${renderJson(args)}</div>
      <p class="hash">${JSON.stringify(args).includes('•••• (keyed ') ? 'Keyed hash' : 'SHA-256'} ${sha256}</p>`
  if (edit === null)
    return html`<h2>What runs</h2>
      ${shown(action.args, args_sha256)}`
  return html`<h2>What runs, as ${renderText(edit.by)} changed it</h2>
    ${shown(edit.args, edit.args_sha256)}
    <details>
      <summary>What was asked for at first</summary>
      <div class="code">${renderJson(action.args)}</div>
    </details>`
}

function renderForm(approval: Approval, recipient: string, draft: Draft | undefined): Html {
  const { allowed, version, action } = approval
  return html`<h2>Your decision</h2>
    <p class="quiet">You decide as ${renderText(recipient)}. It counts once, and is put into the audit.</p>
    <form method="post" action="">
      <input type="hidden" name="version" value="${version}" />
      <label for="reason">Reason</label>
      <textarea id="reason" name="reason" maxlength="2000" aria-describedby="reason-note">${draft?.reason ?? ''}</textarea>
      <p class="quiet" id="reason-note">If you reject, this goes back to whoever plans the work.</p>
      ${
        needsConfirmation(approval) && allowed.includes('approve')
          ? html`<label for="confirm">To approve, write ${renderText(action.type)}</label>
              <input type="text" id="confirm" name="confirm" autocomplete="off" autocapitalize="off" spellcheck="false" />`
          : ''
      }
      <div class="buttons">
        ${allowed.includes('approve') ? html`<button class="yes" name="decision" value="approve">Approve</button>` : ''}
        ${allowed.includes('reject') ? html`<button class="no" name="decision" value="reject">Reject</button>` : ''}
      </div>
    </form>`
}

function renderTime(at: string): Html {
  return html`<time datetime="${at}">${at.slice(0, 16).replace('T', ' ')} UTC</time>`
}

function untilThen(at: string, now: Date): string {
  const minutes = Math.round((Date.parse(at) - now.getTime()) / 60_000)
  if (minutes < 1) return 'in less than a minute'
  if (minutes < 120) return `in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `in ${hours} hours` : `in ${Math.round(hours / 24)} days`
}

/** Its bytes must be those that the policy's hash is of. */
const STYLE_ELEMENT = raw(`<style>${STYLES}</style>`)
