/** The drawing engine with only the parts we draw with. Always imported lazily. */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as core from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

core.use([BarChart, LineChart, GridComponent, TooltipComponent, LegendComponent, SVGRenderer]);

export type Drawing = ReturnType<typeof core.init>;

export function draw(element: HTMLElement): Drawing {
  return core.init(element, null, { renderer: "svg" });
}
