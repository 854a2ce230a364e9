/** A regression tree, its nodes in arrays, the root first. A node whose feature is -1 is a leaf. */
export interface Tree {
  feature: Int8Array
  /** At most this goes left. */
  threshold: Float32Array
  left: Int16Array
  right: Int16Array
  value: Float32Array
}

export function walkTree(tree: Tree, row: Float32Array): number {
  let node = 0
  for (let feature = tree.feature[node] as number; feature >= 0; feature = tree.feature[node] as number)
    node = ((row[feature] as number) <= (tree.threshold[node] as number) ? tree.left[node] : tree.right[node]) as number
  return tree.value[node] as number
}
