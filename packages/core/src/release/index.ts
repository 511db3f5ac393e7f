/** Release that this build belongs to, as every program and every image of it says. Equal to `version` of the workspace's packages. */
export const MESHWORK_VERSION = '0.1.0'
