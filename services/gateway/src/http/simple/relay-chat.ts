import type { IncomingHttpHeaders, ServerResponse } from 'node:http'

import { AppError } from '@signalbox/errors'
import type { Dispatcher } from 'undici'

import type { ModelUpstream } from '../../adapters/model-upstream.ts'
import type { StopBell } from '../../core/stop-bell.ts'
import type { CallerPresence } from '../caller-presence.ts'
import { judgeReply } from './judge-reply.ts'
import { toReplyHeaders } from './reply-headers.ts'
import type { ReplySink } from './reply-sink.ts'
import { createStreamSink } from './stream-sink.ts'
import { toUpstreamFault } from '../../adapters/upstream-fault.ts'
import { createWholeSink } from './whole-sink.ts'

export interface RelayRequest {
  body: Buffer
  stream: boolean
  requestId: string
}

export interface Caller {
  outgoing: ServerResponse
  presence: CallerPresence
  stopBell: StopBell
  /** What we say beside the upstream's headers. */
  headers: Record<string, string>
}

export interface RelayOutcome {
  bytes: number
  upstreamRequestId: string | undefined
  /** What broke the answer off after its first byte. */
  fault?: AppError
}

/** How long a caller may take no bytes at all while there are some for it. */
const STALL_MS = 60_000

/**
 * The simple path: sends a chat request upstream and the reply's bytes to the caller, as they come.
 *
 * 1. When the caller leaves, the upstream's connection is closed at once.
 * 2. A caller that reads slowly slows the upstream down; nothing piles up here.
 * 3. Every ending settles the promise exactly once.
 *
 * @throws AppError where the caller is still to be told; `canceled` when it has left.
 */
export function relayChat(upstream: ModelUpstream, request: RelayRequest, caller: Caller): Promise<RelayOutcome> {
  const { outgoing } = caller
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let sink: ReplySink | undefined
    let upstreamRequestId: string | undefined
    let bytes = 0
    let settled = false
    let stalled: NodeJS.Timeout | undefined

    const settle = (finish: () => void): void => {
      settled = true
      clearTimeout(stalled)
      outgoing.off('drain', onDrain)
      offLeave()
      offStop()
      finish()
    }
    const breakOff = (error: AppError): void => {
      if (settled) return
      const told = sink?.cut(error) ?? false
      settle(() => (told ? resolve({ bytes, upstreamRequestId, fault: error }) : reject(error)))
      controller?.abort(error)
    }
    const leave = (): void => {
      const error = new AppError('canceled', 'The caller left before the answer was whole.')
      settle(() => reject(error))
      controller?.abort(error)
    }
    const onDrain = (): void => {
      clearTimeout(stalled)
      controller?.resume()
    }
    const waitForCaller = (): void => {
      controller?.pause()
      stalled = setTimeout(() => outgoing.destroy(), STALL_MS)
    }

    const offStop = caller.stopBell.onStop(breakOff)
    const offLeave = caller.presence.onLeave(leave)
    outgoing.on('drain', onDrain)
    if (caller.presence.left) return leave()
    upstream.chat(request, {
      onRequestStart(started) {
        controller = started
        if (settled) started.abort(new AppError('canceled', 'The caller left.'))
      },
      onResponseStart(_controller, status, headers) {
        // 1xx: the reply itself is still to come.
        if (settled || status < 200) return
        upstreamRequestId = oneValue(headers['x-request-id'])
        const answer = openReply(status, headers, { outgoing, stream: request.stream, host: upstream.host, ours: caller.headers })
        if (answer === 'told') {
          settle(() => resolve({ bytes, upstreamRequestId }))
          controller?.abort(new AppError('upstream_failed', 'The rest is not needed.'))
        } else if (answer instanceof AppError) breakOff(answer)
        else sink = answer
      },
      onResponseData(_controller, piece) {
        if (settled) return
        bytes += piece.length
        try {
          if (sink?.write(piece) === false) waitForCaller()
        } catch (error) {
          breakOff(toUpstreamFault(error, upstream.host))
        }
      },
      onResponseEnd() {
        if (settled) return
        const fault = sink?.end()
        if (fault) breakOff(fault)
        else settle(() => resolve({ bytes, upstreamRequestId }))
      },
      onResponseError(_controller, error) {
        breakOff(toUpstreamFault(error, upstream.host))
      },
    })
  })
}

/** Where the reply's body goes; or what is wrong with it; or that the caller has been told all there is. */
function openReply(
  status: number,
  upstreamHeaders: IncomingHttpHeaders,
  to: { outgoing: ServerResponse; stream: boolean; host: string; ours: Record<string, string> },
): ReplySink | AppError | 'told' {
  const { outgoing, host } = to
  const verdict = judgeReply({ status, contentType: upstreamHeaders['content-type'] }, to)
  if (verdict.type === 'refused') return verdict.error
  const headers = { ...toReplyHeaders(upstreamHeaders), ...to.ours }
  switch (verdict.type) {
    case 'stream':
      return createStreamSink(outgoing, { headers, host })
    case 'whole':
      return createWholeSink(outgoing, { status, headers, contentLength: upstreamHeaders['content-length'], host })
    case 'reworded': {
      const { 'content-encoding': _encoding, ...rest } = headers as Record<string, string | string[]>
      outgoing.writeHead(status, { ...rest, 'content-type': 'application/json' })
      outgoing.end(JSON.stringify(verdict.body))
      return 'told'
    }
  }
}

function oneValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
