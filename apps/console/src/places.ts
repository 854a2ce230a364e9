import { Bot, Inbox, ListTree, MailWarning, MessagesSquare, ScrollText, Settings } from 'lucide-react'

/** The pages that one can go to from everywhere, and the key after `g` that does it. */
export const PLACES = [
  { to: '/approvals', word: 'Approvals', icon: Inbox, key: 'i' },
  { to: '/sessions', word: 'Sessions', icon: ListTree, key: 's' },
  { to: '/playground', word: 'Playground', icon: MessagesSquare, key: 'p' },
  { to: '/agents', word: 'Agents', icon: Bot, key: 'a' },
  { to: '/dead-letters', word: 'Dead letters', icon: MailWarning, key: 'd' },
  { to: '/audit', word: 'Audit', icon: ScrollText, key: 'u' },
  { to: '/settings', word: 'Settings', icon: Settings, key: 't' },
] as const

/** Which of them a path is in. */
export function placeOf(path: string): (typeof PLACES)[number] | undefined {
  return PLACES.find(({ to }) => new RegExp(`^(?:/console)?${to}(?:/|$)`).test(path))
}
