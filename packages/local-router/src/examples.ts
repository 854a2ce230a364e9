/** A request, and whether it takes several capabilities. */
export interface Example {
  id: string
  prompt: string
  needs_orchestration: boolean
  source: string
}
