import {registry} from "@web/core/registry";

/** Event on the environment's bus: somebody logged a contact here. */
export const LOGGED = "CRM_TOUCH:LOGGED";

/** Say what was logged, close the dialog, and let what shows contacts read again. */
function touchLogged(env, {params}) {
    env.services.notification.add(params.message, {
        type: params.kind,
        sticky: params.sticky,
    });
    env.bus.trigger(LOGGED);
    return {type: "ir.actions.act_window_close"};
}

registry.category("actions").add("crm_touch_logged", touchLogged);
