import { measureModelCalls } from './leaving/measure-model-calls.ts'
import { measureSessions } from './leaving/measure-sessions.ts'
import { startUpstream } from './leaving/upstream.ts'
import type { Bench } from './report.ts'

/** How soon work stops that nobody waits for any longer: from the close of a caller's connection to that of every call made for it. */
const run: Bench = async (report, { quick }) => {
  await using upstream = await startUpstream()
  await measureModelCalls(upstream, { tries: quick ? 20 : 200 }, report)
  await measureSessions(upstream.origin, { tries: quick ? 10 : 100 }, report)
}

export default run
