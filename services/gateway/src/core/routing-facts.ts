/** What of a request the routing rules look at. Made once, by whoever knows the wire. */
export interface RoutingFacts {
  model: string
  /** `X-Skip-Orchestration: true` */
  skip: boolean
  /** `X-Force-Orchestration: true` */
  force: boolean
  /** The session that the caller named, in a header or in the request's metadata. */
  session: string | undefined
  /** A session's reference in the assistant turn that the caller replayed last. */
  sessionHint: string | undefined
  /** Why the caller must want the model itself, where the request's shape says so: `the request has tools`. */
  directControl: string | undefined
  /** The last user message's text; empty where there is none. */
  question: string
  /** The instructions' text, where the chat UIs put some of their background calls. */
  instructions: string
}
