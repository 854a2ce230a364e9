/** What waits, in the tab: in its title, and as a dot on its icon. */
export function showPending(pending: number, place: string): void {
  const title = place === 'Signalbox' ? 'Signalbox' : `${place} · Signalbox`
  document.title = pending > 0 ? `(${pending > 99 ? '99+' : pending}) ${title}` : title
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  const href = pending > 0 ? '/console/favicon-waiting.svg' : '/console/favicon.svg'
  if (icon && icon.getAttribute('href') !== href) icon.setAttribute('href', href)
}
