import { BaseEdge, type Edge, type EdgeProps } from '@xyflow/react'
import { memo } from 'react'

export type LineEdge = Edge<{ way: string }, 'line'>

/** An edge that takes the way which the layout found for it. */
export const GraphEdgeLine = memo(function GraphEdgeLine({ id, data }: EdgeProps<LineEdge>) {
  return <BaseEdge id={id} path={data?.way ?? ''} interactionWidth={0} />
})
