/** Where something with an id is: its path, and the path's label without the id. */
export function toPlace(collection: string): (id: string, rest?: string) => { path: string; label: string } {
  return (id, rest = '') => ({ path: `${collection}/${encodeURIComponent(id)}${rest}`, label: `${collection}/{id}${rest}` })
}
