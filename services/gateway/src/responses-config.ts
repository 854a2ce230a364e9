/** What the gateway reads for `/v1/responses`. Spread into its schema. */
export const responsesFields = {}
