/** The account of pods that name none. */
export const DEFAULT_SERVICE_ACCOUNT = 'default'
