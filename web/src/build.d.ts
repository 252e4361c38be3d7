/** What the build makes: see web/build. */
declare module "virtual:map-worker" { const url: string; export default url }
