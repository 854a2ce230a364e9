import { median } from '../gateway/load.ts'

/** The median time of `rounds` turns at each of several works, milliseconds; turn about, so that a noisy moment meets all of them. */
export async function mediansOf<Name extends string>(rounds: number, works: Record<Name, () => Promise<unknown>>): Promise<Record<Name, number>> {
  const names = Object.keys(works) as Name[]
  const times = new Map(names.map((name) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      const began = performance.now()
      await works[name]()
      times.get(name)?.push(performance.now() - began)
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<Name, number>
}
