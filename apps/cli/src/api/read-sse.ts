/** One server-sent event, as far as the gateway uses them. */
export interface SseMessage {
  data: string
  id: string | undefined
}

/** A larger event is none of the gateway's. */
const LARGEST_EVENT = 16 * 1_024 * 1_024

/** Cuts a stream's bytes into server-sent events. Comments are dropped: that they came was what they had to say. */
export function createSseReader(): { read(bytes: Uint8Array): SseMessage[] } {
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  let size = 0
  let id: string | undefined

  const readLine = (line: string): SseMessage | undefined => {
    if (line === '') {
      const message = data.length > 0 ? { data: data.join('\n'), id } : undefined
      data = []
      size = 0
      id = undefined
      return message
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'id') id = value
    if (field === 'data') {
      data.push(value)
      size += value.length
    }
    return undefined
  }

  return {
    read(bytes) {
      const messages: SseMessage[] = []
      // What is left of the last bytes holds no line's end, so it is not searched again.
      const searched = rest.length
      rest += decoder.decode(bytes, { stream: true })
      let start = 0
      for (let end = rest.indexOf('\n', searched); end !== -1; end = rest.indexOf('\n', start)) {
        const message = readLine(rest.slice(start, rest[end - 1] === '\r' && end > start ? end - 1 : end))
        if (message) messages.push(message)
        start = end + 1
      }
      rest = rest.slice(start)
      if (rest.length + size > LARGEST_EVENT) throw new Error('an event larger than any of the gateway’s')
      return messages
    },
  }
}
