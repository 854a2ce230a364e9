/** Where the weights are that ship with the router. */
export const WEIGHTS_FILE = new URL('../data/weights.json', import.meta.url)
