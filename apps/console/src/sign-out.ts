import { ask } from './api/client.ts'
import { queryClient } from './api/queries.ts'
import { grace } from './decisions/decide.tsx'
import { notifyFault } from './ui/notices.tsx'

/** Signs out, and leaves nothing of what was seen in the page. What was approved and could still be undone is sent before. */
export async function signOut(): Promise<void> {
  grace.flush()
  try {
    await ask('DELETE', '/session')
    queryClient.clear()
    window.location.assign('/console/')
  } catch (error) {
    notifyFault(error)
  }
}
