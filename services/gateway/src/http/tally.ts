import type { Attributes, Meter } from '@opentelemetry/api'

/** A counter that costs next to nothing to raise: its numbers are handed over only when somebody looks. */
export interface Tally {
  /** `key` stands for the attributes, which are made once for each. */
  add(key: string, attributes: () => Attributes): void
}

const opened = new WeakMap<Meter, Map<string, Tally>>()

/** The same tally for the same name: what two observe under one name, OpenTelemetry takes for one and the same. */
export function createTally(meter: Meter, name: string): Tally {
  const tallies = opened.get(meter) ?? new Map<string, Tally>()
  opened.set(meter, tallies)
  const tally = tallies.get(name) ?? startTally(meter, name)
  tallies.set(name, tally)
  return tally
}

function startTally(meter: Meter, name: string): Tally {
  const counts = new Map<string, { value: number; attributes: Attributes }>()
  meter.createObservableCounter(name).addCallback((result) => {
    for (const { value, attributes } of counts.values()) result.observe(value, attributes)
  })
  return {
    add(key, attributes) {
      const count = counts.get(key)
      if (count) count.value++
      else counts.set(key, { value: 1, attributes: attributes() })
    },
  }
}
