import { MercatorCoordinate } from "maplibre-gl";
import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapView } from "maplibre-gl";
import type { Position } from "./choropleth";

const VERTEX = `#version 300 es
uniform mat4 u_matrix;
uniform vec4 u_palette[10];
in vec2 a_at;
in float a_class;
out vec4 v_colour;
void main() {
  int k = int(a_class);
  v_colour = u_palette[k];
  // A cell without a class lies outside of all that is seen.
  gl_Position = k == 0 ? vec4(2.0, 2.0, 2.0, 1.0) : u_matrix * vec4(a_at, 0.0, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
uniform vec4 u_ink;
in vec4 v_colour;
out vec4 colour;
void main() { colour = mix(v_colour, u_ink, u_ink.a); }`;
const OPACITY = 0.78;

/**
 * Many cells whose classes change together: one byte for each corner is all that a frame sends.
 *
 * The map's own fills take a step for each cell whose state changes, some 100 ms for 5,000 on a phone.
 */
export class Hexagons implements CustomLayerInterface {
  readonly id = "hexagons";
  readonly type = "custom" as const;
  private map: MapView | null = null;
  private gl: WebGL2RenderingContext | null = null;
  private program: WebGLProgram | null = null;
  private buffers: { at: WebGLBuffer; classes: WebGLBuffer; faces: WebGLBuffer; edges: WebGLBuffer; array: WebGLVertexArrayObject } | null = null;
  private shapes: { origin: [number, number]; at: Float32Array; cell: Uint32Array; faces: Uint32Array; edges: Uint32Array } | null = null;
  private corners = new Uint8Array(0);
  private palette = new Float32Array(40);
  private changed = { shapes: false, classes: false };

  onAdd(map: MapView, gl: WebGL2RenderingContext | WebGLRenderingContext): void {
    this.map = map;
    this.gl = gl as WebGL2RenderingContext;
    this.program = linked(this.gl);
    const buffer = (): WebGLBuffer => this.gl?.createBuffer() as WebGLBuffer;
    this.buffers = { at: buffer(), classes: buffer(), faces: buffer(), edges: buffer(), array: this.gl.createVertexArray() as WebGLVertexArrayObject };
    this.changed = { shapes: true, classes: true };
  }
  onRemove(): void {
    const { gl, buffers } = this;
    if (gl && buffers) {
      for (const one of [buffers.at, buffers.classes, buffers.faces, buffers.edges]) gl.deleteBuffer(one);
      gl.deleteVertexArray(buffers.array);
      gl.deleteProgram(this.program);
    }
    this.gl = this.buffers = this.program = null;
  }
  /** Convex rings in degrees, closed; their places in the list are the cells' numbers. */
  outline(rings: Position[][]): void {
    const first = rings[0]?.[0] ?? [0, 0], origin = MercatorCoordinate.fromLngLat(first);
    const at: number[] = [], cell: number[] = [], faces: number[] = [], edges: number[] = [];
    rings.forEach((ring, i) => {
      const start = cell.length, corners = ring.length - 1;
      for (let j = 0; j < corners; j++) {
        const { x, y } = MercatorCoordinate.fromLngLat(ring[j] as Position);
        // Single precision tells metres only near the origin.
        at.push(x - origin.x, y - origin.y);
        cell.push(i);
        edges.push(start + j, start + ((j + 1) % corners));
        if (j > 1) faces.push(start, start + j - 1, start + j);
      }
    });
    this.shapes = { origin: [origin.x, origin.y], at: new Float32Array(at), cell: new Uint32Array(cell), faces: new Uint32Array(faces), edges: new Uint32Array(edges) };
    this.corners = new Uint8Array(cell.length);
    this.changed = { shapes: true, classes: true };
  }
  /** A colour of the palette for each cell, 0 for none. */
  paint(classes: Uint8Array, palette: string[]): void {
    this.shapes?.cell.forEach((i, corner) => { this.corners[corner] = classes[i] ?? 0; });
    palette.forEach((colour, k) => this.palette.set([1, 3, 5].map((from) => (OPACITY * parseInt(colour.slice(from, from + 2), 16)) / 255).concat(OPACITY), 4 * (k + 1)));
    this.changed.classes = true;
    this.map?.triggerRepaint();
  }
  render(_: WebGLRenderingContext | WebGL2RenderingContext, { defaultProjectionData }: CustomRenderMethodInput): void {
    const { gl, program, buffers, shapes } = this;
    if (!gl || !program || !buffers || !shapes) return;
    gl.useProgram(program);
    gl.bindVertexArray(buffers.array);
    this.send(gl, program);
    gl.uniformMatrix4fv(gl.getUniformLocation(program, "u_matrix"), false, moved(defaultProjectionData.mainMatrix, shapes.origin));
    gl.uniform4fv(gl.getUniformLocation(program, "u_palette"), this.palette);
    const ink = gl.getUniformLocation(program, "u_ink");
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.uniform4f(ink, 0, 0, 0, 0);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffers.faces);
    gl.drawElements(gl.TRIANGLES, shapes.faces.length, gl.UNSIGNED_INT, 0);
    gl.uniform4f(ink, 0.24, 0.12, 0, 0.3);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffers.edges);
    gl.drawElements(gl.LINES, shapes.edges.length, gl.UNSIGNED_INT, 0);
    gl.bindVertexArray(null);
  }
  private send(gl: WebGL2RenderingContext, program: WebGLProgram): void {
    const { buffers, shapes } = this;
    if (!buffers || !shapes) return;
    if (this.changed.shapes) {
      for (const [target, buffer, values] of [[gl.ARRAY_BUFFER, buffers.at, shapes.at], [gl.ELEMENT_ARRAY_BUFFER, buffers.faces, shapes.faces], [gl.ELEMENT_ARRAY_BUFFER, buffers.edges, shapes.edges]] as const) {
        gl.bindBuffer(target, buffer);
        gl.bufferData(target, values, gl.STATIC_DRAW);
      }
    }
    if (this.changed.classes) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffers.classes);
      gl.bufferData(gl.ARRAY_BUFFER, this.corners, gl.DYNAMIC_DRAW);
    }
    for (const [name, buffer, size, type] of [["a_at", buffers.at, 2, gl.FLOAT], ["a_class", buffers.classes, 1, gl.UNSIGNED_BYTE]] as const) {
      const place = gl.getAttribLocation(program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, type, false, 0, 0);
    }
    this.changed = { shapes: false, classes: false };
  }
}
/** A matrix for places told from an origin, multiplied in double precision. */
function moved(matrix: ArrayLike<number>, [x, y]: [number, number]): Float32Array {
  const m = Float64Array.from(matrix);
  for (let row = 0; row < 4; row++) m[12 + row] = (m[12 + row] as number) + x * (m[row] as number) + y * (m[4 + row] as number);
  return Float32Array.from(m);
}
function linked(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "the shaders do not link");
  return program;
}
