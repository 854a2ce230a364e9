import { createContext, use } from 'react'

/** What the open approval needs of the list beside it. */
export interface InboxNeighbour {
  /** Goes on after a decision: to the next that waits, with the focus on its row. */
  goOn: (decided: string) => void
  /** What was wanted when it was opened: to read it, or to begin with this. Told once. */
  takeIntent: () => Intent | undefined
}

export type Intent = 'read' | 'approve' | 'reject' | 'edit'

export const InboxContext = createContext<InboxNeighbour>({ goOn: () => undefined, takeIntent: () => undefined })

export function useInboxNeighbour(): InboxNeighbour {
  return use(InboxContext)
}
