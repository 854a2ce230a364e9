import { admitCall, BREAKER_RULES, CLOSED, settleCall, toBreakerReport, type BreakerRecord, type BreakerRules, type Breakers } from '../../core/breaker.ts'

export interface MemoryBreakersOptions extends Partial<BreakerRules> {
  /** Epoch milliseconds. */
  clock?: () => number
}

/** The breakers of a single process; they end with it. */
export function createMemoryBreakers(options: MemoryBreakersOptions = {}): Breakers {
  const rules: BreakerRules = { ...BREAKER_RULES, ...options }
  const clock = options.clock ?? Date.now
  const records = new Map<string, BreakerRecord>()

  function keep(agent: string, record: BreakerRecord): void {
    if (record === CLOSED) records.delete(agent)
    else records.set(agent, record)
  }

  return {
    async admit(agent) {
      const { record, admission } = admitCall(records.get(agent) ?? CLOSED, clock(), rules)
      keep(agent, record)
      return admission
    },
    async settle(agent, outcome, { probe }) {
      keep(agent, settleCall(records.get(agent) ?? CLOSED, { outcome, probe }, clock(), rules))
    },
    async read(agents) {
      return new Map(agents.map((agent) => [agent, toBreakerReport(records.get(agent) ?? CLOSED, clock())]))
    },
    async close() {
      records.clear()
    },
  }
}
