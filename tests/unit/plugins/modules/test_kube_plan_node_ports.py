# SPDX-License-Identifier: Apache-2.0
"""NodePorts that somebody has: told before any change, unless it is one of ours that lets it go first."""

from __future__ import annotations

from test_kube_plan import SERVICE, call, live, thing


def test_a_taken_node_port_names_its_holder(capsys, api):
    api.objects["/api/v1/namespaces/kube-system/services/other"] = {
        "metadata": {"name": "other", "namespace": "kube-system"},
        "spec": {"ports": [{"nodePort": 30091}]},
    }
    api.refusals[SERVICE] = (422, {"message": "spec.ports[0].nodePort: Invalid value: 30091: provided port is already allocated"})
    assert call(capsys, api, [thing()])["problems"] == [
        "Service default/web: NodePort 30091 belongs to Service kube-system/other already; choose another port"
    ]
    named = call(capsys, api, [thing()], node_ports={"30091": "nsfl_proxy_grpc_port"})["problems"]
    assert named == ["nsfl_proxy_grpc_port: NodePort 30091 belongs to Service kube-system/other already; choose another port"]


def test_a_node_port_that_a_stale_service_of_ours_frees_is_no_problem(capsys, api):
    api.objects["/api/v1/namespaces/default/services/old"] = live(thing(name="old", spec={"ports": [{"nodePort": 30091}]}))
    api.refusals[SERVICE] = (422, {"message": "Invalid value: 30091: provided port is already allocated"})
    result = call(capsys, api, [thing()])
    assert result["problems"] == [] and result["apply"][0]["unchecked"] is True


def test_a_node_port_that_a_service_of_ours_lets_go_first_is_no_problem(capsys, api):
    """Such as one whose other ports are not to be seen from outside any more."""
    api.objects[SERVICE] = live(thing(spec={"ports": [{"nodePort": 30091}]}))
    api.refusals[f"{SERVICE}-external"] = (422, {"message": "Invalid value: 30091: provided port is already allocated"})
    inside, outside = thing(spec={"ports": [{"port": 30091}]}), thing(name="web-external", spec={"ports": [{"nodePort": 30091}]})
    result = call(capsys, api, [inside, outside])
    assert result["problems"] == []
    assert [(entry["title"], entry["action"]) for entry in result["apply"]] == [
        ("Service default/web", "update"),
        ("Service default/web-external", "create"),
    ]
    # Applied the other way round it would be refused.
    assert "NodePort 30091 belongs to Service default/web already" in call(capsys, api, [outside, inside])["problems"][0]
