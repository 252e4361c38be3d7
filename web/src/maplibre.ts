/** The map library with its worker: whoever draws a map takes it from here. */
import { setWorkerUrl } from "maplibre-gl";
import workerUrl from "virtual:map-worker";
import "maplibre-gl/dist/maplibre-gl.css";

setWorkerUrl(workerUrl);
export { workerUrl };
