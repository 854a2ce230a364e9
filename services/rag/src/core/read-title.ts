/** A document's title: what its front matter says, else its first heading, else its file's name. */
export function readTitle(text: string, source: string): string {
  const front = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text)
  const named = front && /^title:\s*["']?(.+?)["']?\s*$/m.exec(front[1] ?? '')?.[1]
  const heading = /^#{1,6}\s+(.+?)\s*#*\s*$/m.exec(text)?.[1]
  const title =
    named ??
    heading ??
    source
      .split('/')
      .at(-1)
      ?.replace(/\.[a-z]+$/i, '') ??
    source
  return title.replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 200)
}
