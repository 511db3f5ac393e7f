/** The key of collections that hold one value. */
export const ONLY = 'only'
