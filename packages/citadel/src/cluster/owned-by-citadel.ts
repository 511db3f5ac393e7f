/** On all that citadel makes in a cluster: by these `meshctl uninstall` finds it, and citadel knows its own (docs/decisions/0054). */
export const OWNED_BY_CITADEL: Readonly<Record<string, string>> = {
  'app.kubernetes.io/managed-by': 'meshwork',
  'app.kubernetes.io/part-of': 'istio',
  'install.meshwork.dev/component': 'citadel',
  'istio.io/config': 'true',
}
