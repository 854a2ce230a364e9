import type { Message } from './message.ts'
import { toFacts, toHeadline, toInvitation } from './wording.ts'

/** A mail's two bodies, which say the same. The HTML loads nothing from anywhere. */
export function toMailText(message: Message, recipient: { name: string } | undefined): { text: string; html: string } {
  const { approval, link, consoleLink } = message
  const headline = toHeadline(message)
  const invitation = toInvitation(message, recipient)
  const facts = approval ? [...toFacts(approval), ...(approval.state === 'pending' ? [['Decide by', toTime(approval.expires_at)] as const] : [])] : []
  const warning =
    approval?.state === 'pending' && recipient ? `This link is for ${recipient.name} alone and decides in that name. Do not pass it on.` : undefined

  const text = [
    headline,
    ...(facts.length > 0 ? ['', ...facts.map(([label, said]) => `${label}: ${said}`)] : []),
    '',
    `${invitation}: ${link}`,
    ...(approval ? [`In the console: ${consoleLink}`] : []),
    ...(warning === undefined ? [] : ['', warning]),
    '',
  ].join('\n')

  const html = [
    '<!doctype html><html lang="en"><body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1c1c1e;background:#ffffff">',
    `<h1 style="margin:0 0 16px;font-size:20px">${escapeHtml(headline)}</h1>`,
    ...(facts.length > 0 ? ['<table role="presentation" cellpadding="0" cellspacing="0" style="margin:0 0 20px">', ...facts.map(toRow), '</table>'] : []),
    `<p style="margin:0 0 16px"><a href="${escapeHtml(link)}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1f4fd8;color:#ffffff;text-decoration:none">${invitation}</a></p>`,
    ...(approval ? [`<p style="margin:0 0 16px"><a href="${escapeHtml(consoleLink)}" style="color:#1f4fd8">Open in the console</a></p>`] : []),
    ...(warning === undefined ? [] : [`<p style="margin:0;color:#5b5b60;font-size:14px">${escapeHtml(warning)}</p>`]),
    '</body></html>',
  ].join('\n')
  return { text, html }
}

function toRow([label, said]: readonly [string, string]): string {
  return `<tr><td style="padding:2px 16px 2px 0;color:#5b5b60">${label}</td><td style="padding:2px 0">${escapeHtml(said)}</td></tr>`
}

/** Whose clock is meant is said, because a mail is read anywhere. */
function toTime(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
