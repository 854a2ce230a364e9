import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api'
import {
  AggregationTemporality,
  DataPointType,
  type CollectionResult,
  type HistogramMetricData,
  type MetricProducer,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import type { Resource } from '@opentelemetry/resources'

/** One series of a histogram: its attributes are known, so that a measurement costs no more than finding its bucket. */
export interface Series {
  record(value: number): void
}

/** A histogram that is asked for its series once for each set of attributes, by whoever keeps it. */
export interface SeriesHistogram {
  series(attributes: Attributes): Series
}

export interface HistogramOptions {
  unit: string
  /** The upper bounds of the buckets, each inclusive, from small to large. */
  bounds: readonly number[]
}

/** Histograms that are summed up by us and handed over when somebody looks. */
export interface Histograms extends MetricProducer {
  /** The same histogram for the same name. */
  open(name: string, options: HistogramOptions): SeriesHistogram
}

interface KeptHistogram extends SeriesHistogram {
  toMetric(now: HrTime): HistogramMetricData
}

interface KeptSeries extends Series {
  toDataPoint(now: HrTime): HistogramMetricData['dataPoints'][number]
}

export function createHistograms(scope: string, resource: Resource): Histograms {
  const histograms = new Map<string, KeptHistogram>()
  const startTime = toHrTime(Date.now())
  return {
    open(name, options) {
      const histogram = histograms.get(name) ?? createHistogram(name, options, startTime)
      histograms.set(name, histogram)
      return histogram
    },
    async collect(): Promise<CollectionResult> {
      const now = toHrTime(Date.now())
      const metrics = [...histograms.values()].map((histogram) => histogram.toMetric(now)).filter(({ dataPoints }) => dataPoints.length > 0)
      const scopeMetrics: ScopeMetrics[] = metrics.length > 0 ? [{ scope: { name: scope }, metrics }] : []
      return { resourceMetrics: { resource, scopeMetrics }, errors: [] }
    },
  }
}

function createHistogram(name: string, { unit, bounds }: HistogramOptions, startTime: HrTime): KeptHistogram {
  const kept = new Map<string, KeptSeries>()
  return {
    series(attributes) {
      const key = JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      const series = kept.get(key) ?? createSeries(attributes, bounds, startTime)
      kept.set(key, series)
      return series
    },
    toMetric: (now) => ({
      descriptor: { name, unit, description: '', valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: Array.from(kept.values(), (series) => series.toDataPoint(now)),
    }),
  }
}

function createSeries(attributes: Attributes, bounds: readonly number[], startTime: HrTime): KeptSeries {
  const counts = Array.from<number>({ length: bounds.length + 1 }).fill(0)
  let count = 0
  let sum = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  return {
    record(value) {
      let bucket = 0
      while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
      counts[bucket] = (counts[bucket] as number) + 1
      count++
      sum += value
      if (value < min) min = value
      if (value > max) max = value
    },
    toDataPoint: (endTime) => ({
      attributes,
      startTime,
      endTime,
      value: { buckets: { boundaries: [...bounds], counts: [...counts] }, count, sum, ...(count > 0 && { min, max }) },
    }),
  }
}

function toHrTime(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1_000)
  return [seconds, (milliseconds - seconds * 1_000) * 1e6]
}
