export { ConditionBuilder } from "./ConditionBuilder";
export * from "./model";
