import '@xyflow/react/dist/base.css'
import './graph.css'

import { Background, BackgroundVariant, Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, type Edge } from '@xyflow/react'
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'

import { GraphBox, type BoxNode } from './graph-box.tsx'
import { layoutGraph, type Direction, type Layout } from './layout.ts'
import { lookOf, nameOf } from './node-look.tsx'
import { neighbourOf } from './neighbour.ts'
import type { GraphEdge, GraphNode, SessionGraph } from './to-graph.ts'

export interface GraphViewProps {
  graph: SessionGraph
  heard: Readonly<Record<string, string>>
  selected: string | undefined
  onSelect: (id: string | undefined) => void
  onToggle: (id: string) => void
  direction?: Direction | undefined
}

const NODE_TYPES = { box: GraphBox }
const FIT = { padding: 0.08, maxZoom: 1.05 }
/** A small map helps where one does not see everything; for less it is one more thing to look at. */
const MAP_FROM = 14

/**
 * A session's plan as a picture that one can walk through: by pointer, by Tab, and with the arrow keys along its
 * edges. Nothing of it can be changed.
 */
export function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  )
}

function Flow({ graph, heard, selected, onSelect, onToggle, direction }: GraphViewProps) {
  const room = useRef<HTMLDivElement>(null)
  const aspect = useAspect(room)
  const layout = useLayout(graph, aspect, direction)
  const nodes = useBoxes(graph, layout, heard, selected, onToggle)
  const edges = useMemo(() => graph.edges.map(toFlowEdge), [graph])
  const flow = useReactFlow<BoxNode>()
  const shape = `${layout.direction}:${layout.places.size}`
  useEffect(() => {
    const frame = requestAnimationFrame(() => void flow.fitView(FIT))
    return () => cancelAnimationFrame(frame)
  }, [flow, shape, aspect])

  const focus = useCallback(
    (id: string) => {
      const place = layout.places.get(id)
      if (!place) return
      onSelect(id)
      const { zoom } = flow.getViewport()
      void flow.setCenter(place.x + place.width / 2, place.y + place.height / 2, { zoom, duration: prefersStillness() ? 0 : 160 })
      // A box that was out of sight is there in the next frame but one.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => room.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })),
      )
    },
    [flow, layout, onSelect],
  )
  const walk = (event: KeyboardEvent): void => {
    const from = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset['id']
    if (event.key === 'Escape') onSelect(undefined)
    if (from === undefined || !ARROWS.has(event.key)) return
    event.preventDefault()
    event.stopPropagation()
    const next = neighbourOf(from, event.key, { edges: graph.edges, layout })
    if (next !== undefined) focus(next)
  }
  return (
    <div ref={room} className="size-full" onKeyDownCapture={walk}>
      <ReactFlow<BoxNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        onNodeClick={(_, { id }) => onSelect(id)}
        onPaneClick={() => onSelect(undefined)}
        onSelectionChange={({ nodes: [chosen] }) => chosen && chosen.id !== selected && onSelect(chosen.id)}
        minZoom={0.1}
        maxZoom={1.8}
        fitView
        fitViewOptions={FIT}
        onlyRenderVisibleElements={nodes.length > 40}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        elementsSelectable
        panOnScroll={false}
        zoomOnScroll
        preventScrolling={false}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        ariaLabelConfig={WORDS}
      >
        <Background variant={BackgroundVariant.Dots} gap={22} size={1.2} color="var(--line)" />
        <Controls showInteractive={false} fitViewOptions={FIT} position="bottom-left" />
        {nodes.length >= MAP_FROM && (
          <MiniMap<BoxNode>
            pannable
            zoomable
            position="bottom-right"
            nodeColor={({ data: { box } }) => lookOf(box.state).fill}
            nodeBorderRadius={20}
            bgColor="var(--surface)"
            maskColor="color-mix(in srgb, var(--sunken) 75%, transparent)"
            ariaLabel="Overview of the graph"
          />
        )}
      </ReactFlow>
    </div>
  )
}

const ARROWS: ReadonlySet<string> = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'])

const WORDS = {
  'node.a11yDescription.default': 'Enter shows the node. The arrow keys go along the edges.',
  'node.a11yDescription.keyboardDisabled': 'Enter shows the node. The arrow keys go along the edges.',
  'controls.ariaLabel': 'Zoom',
  'controls.zoomIn.ariaLabel': 'Closer',
  'controls.zoomOut.ariaLabel': 'Further away',
  'controls.fitView.ariaLabel': 'Show all',
}

function useAspect(room: React.RefObject<HTMLDivElement | null>): number {
  const [aspect, setAspect] = useState(1.8)
  useEffect(() => {
    const element = room.current
    if (!element) return undefined
    const observer = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {}
      // In steps, so that a scroll bar that comes and goes turns nothing around.
      if (width > 0 && height > 0) setAspect(Math.round((width / height) * 4) / 4)
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [room])
  return aspect
}

/** Laid out anew only where boxes or edges come or go, not where a state changes. */
function useLayout(graph: SessionGraph, aspect: number, direction: Direction | undefined): Layout {
  const shape = useMemo(() => `${graph.nodes.map(({ id, kind }) => `${id}:${kind}`).join()}|${graph.edges.map(({ id }) => id).join()}`, [graph])
  const latest = useRef(graph)
  latest.current = graph
  return useMemo(() => {
    void shape
    return layoutGraph(latest.current.nodes, latest.current.edges, { aspect, ...(direction && { direction }) })
  }, [shape, aspect, direction])
}

/** Boxes that did not change stay the same object, so that two hundred of them are not drawn anew for one. */
function useBoxes(
  graph: SessionGraph,
  layout: Layout,
  heard: Readonly<Record<string, string>>,
  selected: string | undefined,
  onToggle: (id: string) => void,
): BoxNode[] {
  const kept = useRef(new Map<string, BoxNode>())
  return useMemo(() => {
    const before = kept.current
    const boxes = graph.nodes.flatMap((box) => {
      const place = layout.places.get(box.id)
      if (!place) return []
      const old = before.get(box.id)
      const isSame =
        old &&
        old.position.x === place.x &&
        old.position.y === place.y &&
        old.selected === (box.id === selected) &&
        old.data.heard === heard[box.id] &&
        old.data.direction === layout.direction &&
        isSameBox(old.data.box, box)
      return [isSame ? old : toBox(box, place, { layout, heard: heard[box.id], isSelected: box.id === selected, onToggle })]
    })
    kept.current = new Map(boxes.map((box) => [box.id, box]))
    return boxes
  }, [graph, layout, heard, selected, onToggle])
}

function isSameBox(a: GraphNode, b: GraphNode): boolean {
  return (
    a.state === b.state &&
    a.agent === b.agent &&
    a.instruction === b.instruction &&
    a.isOpen === b.isOpen &&
    a.isAnswer === b.isAnswer &&
    a.branches.length === b.branches.length &&
    a.branches.every(({ state }, index) => state === b.branches[index]?.state)
  )
}

function toBox(
  box: GraphNode,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  { layout, heard, isSelected, onToggle }: { layout: Layout; heard: string | undefined; isSelected: boolean; onToggle: (id: string) => void },
): BoxNode {
  return {
    id: box.id,
    type: 'box',
    position: { x, y },
    width,
    height,
    selected: isSelected,
    ariaLabel: nameOf(box),
    data: { box, direction: layout.direction, heard, onToggle },
  }
}

function toFlowEdge({ id, from, to, flow, isBranch }: GraphEdge): Edge {
  return { id, source: from, target: to, type: 'default', focusable: false, selectable: false, className: `flow-${flow}${isBranch ? ' flow-branch' : ''}` }
}

function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}
